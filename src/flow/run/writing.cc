#include "flow/run/writing.h"

#include "domain/event/event.h"
#include "flow/run/event_model.h"
#include "flow/run/stand_in.h"
#include "platform/base/uuid.h"

namespace gatehouse::flow {

namespace {

const CheckedPassword* checked_password(const State& state) {
  for (const auto& fact : state.facts) {
    if (const auto* checked = std::get_if<CheckedPassword>(&fact.got)) {
      return checked;
    }
  }
  return nullptr;
}

}  // namespace

Reply Writing::write(const std::optional<sign_in::SignIn>& sign_in) {
  if (const auto* login = identified(state_)) {
    user_ = login->user;
    verified_ = login->user_verified;
    has_password_ = !login->passwords.empty();
    require_what_was_proved();
  }
  opens_session_ = !sign_in || !sign_in->suppress_session;
  for (const auto& planned : state_.plan) {
    std::visit([this](const auto& change) { apply(change); }, planned.change);
  }
  Reply reply{.type = text(state_.type), .name = state_.name, .action = {.type = "finished"}};
  reply.finished = Finished{.session_token = {}, .redirect_uri = {}, .user = user_.id};
  if (opened_) {
    reply.finished->session_token = opened_->token;
  }
  if (sign_in) {
    finish_sign_in(*sign_in, reply);
  }
  return reply;
}

// The login is recorded first: that locks the user's row, so that what is read after it still holds at the commit.
void Writing::require_what_was_proved() {
  static constexpr postgres::Sql kUser =
      "SELECT _gatehouse_require(EXISTS (SELECT 1 FROM _auth_user u JOIN _auth_identity i "
      "ON i.user_id = u.id AND (i.app_id = u.app_id) IS TRUE "
      "WHERE u.id = $2 AND (u.app_id = $1) IS TRUE AND i.id = $3 AND _gatehouse_user_active(u, $4)), $5)";
  // A hash in a newer format leaves updated_at alone: the same password was verified by somebody else at the same time.
  static constexpr postgres::Sql kPassword =
      "SELECT _gatehouse_require(EXISTS (SELECT 1 FROM _auth_authenticator a JOIN _auth_authenticator_password p "
      "ON p.app_id = a.app_id AND p.id = a.id WHERE a.id = $3 AND (a.app_id = $1) IS TRUE AND (a.user_id = $2) IS TRUE "
      "AND (p.password_hash = $4 OR a.updated_at = $5)), $6)";
  services_.users.record_login(batch_, ctx_, user_.id);
  const auto& identity = identified(state_)->identity;
  batch_.add(kUser, ctx_.app_id(), user_.id, identity.id, ctx_.now(), kUserRequirement);
  if (const auto* checked = checked_password(state_)) {
    const auto& authenticator = checked->authenticator;
    batch_.add(kPassword, ctx_.app_id(), user_.id, authenticator.id, authenticator.password_hash,
               authenticator.updated_at, kPasswordRequirement);
    forget_attempts();
  }
}

void Writing::forget_attempts() {
  const auto counted = counted_for(services_.keys, ctx_, found_identity(state_)->asked, user_.id);
  services_.lockout.succeeded(batch_, ctx_, counted.said);
  if (counted.unsaid) {
    services_.lockout.succeeded(batch_, ctx_, *counted.unsaid);
  }
}

void Writing::apply(const CreateUser& change) {
  user_ = {.id = change.user, .created_at = ctx_.now(), .updated_at = ctx_.now()};
  for (const auto& planned : state_.plan) {
    if (const auto* add = std::get_if<AddIdentity>(&planned.change)) {
      new_identities_.push_back(identity::make_identity(add->login_id, change.user, ctx_.now()));
    }
  }
  if (ctx_.config().populate_standard_attributes_on_signup) {
    for (const auto& identity : new_identities_) {
      for (const auto& claim : identity.claims) {
        user_.standard_attributes.emplace(claim.key(), claim.value());
      }
    }
  }
  services_.users.insert(batch_, ctx_, user_);
  services_.users.record_login(batch_, ctx_, user_.id);
}

void Writing::apply(const AddIdentity& change) {
  for (const auto& identity : new_identities_) {
    if (identity.unique_key == change.login_id.unique_key) {
      services_.login_ids.insert(batch_, ctx_, identity);
    }
  }
}

void Writing::apply(const MarkVerified& change) {
  verified_ = true;
  services_.users.mark_verified(batch_, ctx_, change.user, change.claim);
}

void Writing::apply(const AddAuthenticator& change) {
  has_password_ = true;
  services_.passwords.insert(batch_, ctx_,
                             {.id = AuthenticatorId(uuid_v4()),
                              .user_id = change.user,
                              .created_at = ctx_.now(),
                              .updated_at = ctx_.now(),
                              .kind = change.kind,
                              .password_hash = change.password_hash});
}

void Writing::apply(const UpgradeHash& change) {
  services_.passwords.rehash(batch_, ctx_, change.authenticator, change.old_hash, change.new_hash);
}

void Writing::apply(const SetPassword& change) { services_.passwords.change(batch_, ctx_, change.authenticator); }

void Writing::apply(const OpenSession& change) {
  user_.last_login_at = ctx_.now();
  if (!new_identities_.empty()) {
    announce_new_user();
  }
  proved_ =
      AuthenticationInfo{.user_id = change.user, .amr = change.amr, .authenticated_at = ctx_.now(), .session_id = {}};
  proved_.announced = opens_session_;
  if (!opens_session_) {
    return;
  }
  opened_ = services_.sessions.open(batch_, ctx_, change.user, change.amr);
  proved_.session_id = opened_->session.id;
  event::add(batch_, ctx_,
             {.type = "user.authenticated",
              .payload = {{"user", user_model()}, {"session", session_model(ctx_, opened_->session)}},
              .user = user_.id});
}

void Writing::announce_new_user() {
  boost::json::array identities;
  for (const auto& identity : new_identities_) {
    identities.push_back(identity_model(identity));
  }
  event::add(batch_, ctx_,
             {.type = "user.created",
              .payload = {{"user", user_model()}, {"identities", std::move(identities)}},
              .user = user_.id});
  for (const auto& identity : new_identities_) {
    if (verified_ && identity.login_id_type == "email") {
      event::add(batch_, ctx_,
                 {.type = "identity.email.verified",
                  .payload = {{"user", user_model()}, {"identity", identity_model(identity)}},
                  .user = user_.id});
    }
  }
}

boost::json::object Writing::user_model() const { return user::to_event_json(user_, verified_, has_password_); }

void Writing::finish_sign_in(const sign_in::SignIn& sign_in, Reply& reply) {
  const auto code = services_.finished_sign_ins.insert(batch_, ctx_, {.sign_in = sign_in, .authentication = proved_});
  auto& uri = reply.finished->redirect_uri;
  uri = ctx_.project().origin() + "/oauth2/consent?code=" + code;
  reply.action.data["finish_redirect_uri"] = uri;
}

}  // namespace gatehouse::flow
