#include "flow/run/world.h"

#include <algorithm>
#include <iterator>

#include "domain/authenticator/password_hash.h"
#include "domain/consume/consume.h"
#include "domain/event/event.h"
#include "domain/user/users.h"
#include "flow/run/buckets.h"

namespace gatehouse::flow {

namespace {

constexpr std::string_view kVerification = "verification";
constexpr std::string_view kAccountExists = "account-exists";

bool hidden(const project::Context& ctx) { return ctx.config().own.authentication.hide_unknown_accounts; }

// A failed attempt is on record before anybody hears of it.
Task<void> record(project::Context& ctx, event::Event event) {
  postgres::Batch batch;
  event::add(batch, ctx, event);
  co_await consume::commit(ctx, std::move(batch));
}

event::Event identity_failed(const std::string& login_id) {
  return {.type = "authentication.identity.login_id.failed", .payload = {{"login_id", login_id}}};
}

event::Event password_failed(const CheckPassword& need) {
  if (need.login_id_of_nobody) {
    return identity_failed(*need.login_id_of_nobody);
  }
  return {.type = "authentication." + need.kind + ".password.failed",
          .payload = {{"user", user::to_event_json(need.user, false, !need.stored.empty())},
                      {"authentication_stage", need.kind},
                      {"authenticator_type", "password"}},
          .user = need.user.id};
}

std::optional<ForceChangeReason> why_change(const project::PasswordConfig& config, const CheckPassword& need,
                                            const PasswordAuthenticator& stored, TimePoint now) {
  if (authenticator::is_expired(config, stored, now)) {
    return ForceChangeReason::expiry;
  }
  if (!config.force_change) {
    return std::nullopt;
  }
  try {
    authenticator::check_policy(config.policy, need.password, need.user_inputs);
  } catch (const Error&) {  // the verdict, not a failure: the person has to choose a better one
    return ForceChangeReason::policy;
  }
  return std::nullopt;
}

}  // namespace

Task<Answer> DomainWorld::answer(project::Context& ctx, Want want, NeedKey key, Pace& pace) {
  if (auto* need = std::get_if<FindIdentity>(&want.need)) {
    co_return co_await find(ctx, std::move(*need));
  }
  if (auto* need = std::get_if<HashPassword>(&want.need)) {
    co_return co_await hash(ctx, std::move(*need));
  }
  if (auto* need = std::get_if<CheckPassword>(&want.need)) {
    co_return co_await check(ctx, std::move(*need), pace);
  }
  if (auto* need = std::get_if<SendCode>(&want.need)) {
    co_return co_await send(ctx, std::move(*need), std::move(key));
  }
  co_return co_await check(ctx, std::get<CheckCode>(std::move(want.need)), std::move(key));
}

Task<Answer> DomainWorld::find(project::Context& ctx, FindIdentity need) {
  if (need.hide) {
    co_return co_await find_hidden(ctx, std::move(need));
  }
  if (!need.to_create) {
    co_return co_await find_to_log_in(ctx, std::move(need));
  }
  const auto buckets = account_enumeration_buckets(ctx);
  co_await limiter_.take(ctx, buckets);
  FoundIdentity found{.asked = identity::normalize(ctx.project(), text(need.by), need.login_id)};
  std::vector<identity::NormalizedLoginId> candidates{found.asked};
  found.found = co_await login_ids_.find(ctx, std::move(candidates));
  if (!found.found) {
    co_await limiter_.give_back(ctx, buckets);
  }
  co_return found;
}

Task<Answer> DomainWorld::find_to_log_in(project::Context& ctx, FindIdentity need) {
  const auto buckets = account_enumeration_buckets(ctx);
  co_await limiter_.take(ctx, buckets);
  FoundIdentity found{.asked = {.type = text(need.by), .original = need.login_id}};
  if (const auto login_id = identity::normalize_for_lookup(ctx.project(), text(need.by), need.login_id)) {
    found.asked = *login_id;
    std::vector<identity::NormalizedLoginId> candidates{*login_id};
    found.found = co_await login_ids_.find(ctx, std::move(candidates));
  }
  if (found.found) {
    co_await limiter_.give_back(ctx, buckets);
  } else {
    co_await nobody_found(ctx, std::move(need), found.asked.login_id);
  }
  co_return found;
}

// Nobody can count accounts here, so nothing is counted: a limit for those that do not exist would tell them.
Task<Answer> DomainWorld::find_hidden(project::Context& ctx, FindIdentity need) {
  FoundIdentity answer{.asked = {.type = text(need.by), .original = need.login_id}};
  const auto login_id = need.to_create ? identity::normalize(ctx.project(), text(need.by), need.login_id)
                                       : identity::normalize_for_lookup(ctx.project(), text(need.by), need.login_id);
  if (!login_id) {
    co_return answer;  // what cannot be a login ID is nobody's
  }
  answer.asked = *login_id;
  std::vector<identity::NormalizedLoginId> candidates{*login_id};
  auto found = co_await login_ids_.find(ctx, std::move(candidates));
  if (found.has_value() == need.to_create) {
    answer.stand_in = stand_in_for(keys_, ctx, *login_id);
  } else {
    answer.found = std::move(found);
  }
  co_return answer;
}

// What cannot be a login ID is not put on record: it may be anything, of any length.
Task<void> DomainWorld::nobody_found(project::Context& ctx, FindIdentity need, std::string login_id) {
  if (need.came_along) {
    co_await limiter_.take(ctx, password_buckets(ctx, nullptr));
    co_await hasher_.pretend(ctx, std::move(*need.came_along), hasher_.scheme());
  }
  co_await record(ctx, identity_failed(login_id));
}

Task<Answer> DomainWorld::hash(project::Context& ctx, HashPassword need) {
  authenticator::check_policy(ctx.config().password.policy, need.password, need.user_inputs);
  if (need.user) {
    co_await passwords_.check_history(ctx, *need.user, need.password);
  }
  co_return HashedPassword{co_await hasher_.hash(ctx, std::move(need.password))};
}

Task<Answer> DomainWorld::check(project::Context& ctx, CheckPassword need, Pace& pace) {
  const auto counted = counted_for(keys_, ctx, need.login_id, need.user.id);
  co_await limiter_.take(ctx, password_buckets(ctx, &counted.said));
  co_await lockout_.reserve(ctx, counted.said, "password");
  CheckPassword tried = need;
  if (co_await refused_unsaid(ctx, counted.unsaid)) {
    tried.stored.clear();  // not looked at, in the time of a wrong one
  }
  co_await pace.hold();
  auto matched = co_await match(ctx, std::move(tried));
  pace.mark();
  if (!matched) {
    co_await record(ctx, password_failed(need));
    co_return CheckedPassword{};
  }
  co_await give_back(ctx, counted);
  co_return std::move(*matched);
}

Task<bool> DomainWorld::refused_unsaid(project::Context& ctx, std::optional<UserId> user) {
  if (!user) {
    co_return false;
  }
  try {
    co_await limiter_.take(ctx, password_user_buckets(ctx, *user));
    co_await lockout_.reserve(ctx, *user, "password");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::too_many_request) {
      throw;
    }
    co_return true;
  }
  co_return false;
}

Task<void> DomainWorld::give_back(project::Context& ctx, Counted counted) {
  auto buckets = password_buckets(ctx, &counted.said);
  if (counted.unsaid) {
    std::ranges::move(password_user_buckets(ctx, *counted.unsaid), std::back_inserter(buckets));
  }
  co_await limiter_.give_back(ctx, std::move(buckets));
}

Task<std::optional<CheckedPassword>> DomainWorld::match(project::Context& ctx, CheckPassword need) {
  std::set<std::string> tried;
  for (const auto& stored : need.stored) {
    if (stored.kind != need.kind) {
      continue;
    }
    tried.insert(authenticator::scheme_of(stored.password_hash));
    auto verdict = co_await hasher_.verify(ctx, need.password, stored.password_hash);
    if (verdict.matches) {
      co_return CheckedPassword{.matches = true,
                                .authenticator = stored,
                                .new_hash = std::move(verdict.new_hash),
                                .force_change_reason = why_change(ctx.config().password, need, stored, ctx.now())};
    }
  }
  co_await make_up(ctx, need.password, std::move(tried));
  co_return std::nullopt;
}

// A wrong password costs as much for everybody, whichever format theirs is stored in and whether they have one: where
// accounts are hidden, one hash of each scheme that the project has.
Task<void> DomainWorld::make_up(project::Context& ctx, authenticator::Password password, std::set<std::string> tried) {
  std::set<std::string> schemes{hasher_.scheme()};
  if (!hidden(ctx) && !tried.empty()) {
    co_return;
  }
  if (hidden(ctx)) {
    schemes_.met(ctx, tried);
    schemes.merge(co_await schemes_.of_project(ctx));
  }
  for (const auto& scheme : schemes) {
    if (!tried.contains(scheme)) {
      co_await hasher_.pretend(ctx, password, scheme);
    }
  }
}

Task<Answer> DomainWorld::send(project::Context& ctx, SendCode need, NeedKey key) {
  verification::CodeRequest request{.purpose = std::string(kVerification),
                                    .target = std::move(need.target),
                                    .message = std::string(kVerification),
                                    .need_key = key.str(),
                                    .user = std::move(need.user),
                                    .valid_for = ctx.config().verification.code_valid_period};
  if (need.taken) {
    request.purpose = request.message = kAccountExists;
    request.decoy = true;
    request.link = ctx.project().origin() + "/login";
  }
  const auto sent = co_await codes_.send(ctx, std::move(request));
  co_return SentCode{sent.expires_at, sent.can_resend_at};
}

Task<Answer> DomainWorld::check(project::Context& ctx, CheckCode need, NeedKey key) {
  const auto verdict = co_await codes_.check(ctx, std::string(need.taken ? kAccountExists : kVerification),
                                             std::move(need.target), std::move(need.code), key.str());
  co_return CheckedCode{verdict};
}

}  // namespace gatehouse::flow
