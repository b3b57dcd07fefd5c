#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "domain/authenticator/password.h"
#include "domain/identity/login_id.h"
#include "domain/protection/lockout.h"
#include "domain/session/sessions.h"
#include "domain/sign_in/sign_in.h"
#include "domain/user/users.h"
#include "flow/engine/state.h"
#include "flow/runner.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::flow {

struct WritingServices {
  const crypto::KeyRing& keys;
  identity::LoginIds& login_ids;
  user::Users& users;
  authenticator::Passwords& passwords;
  protection::Lockout& lockout;
  session::Sessions& sessions;
  sign_in::FinishedSignIns& finished_sign_ins;
};

// Messages of the requirements in the batch.
inline constexpr std::string_view kUserRequirement = "the user may sign in";
inline constexpr std::string_view kPasswordRequirement = "the password is the one that was verified";

// Turns a finished flow's plan into one batch.
class Writing {
 public:
  Writing(WritingServices services, const project::Context& ctx, const State& state)
      : services_(services), ctx_(ctx), state_(state) {}

  // Everything of the plan. The reply is true once the batch is committed.
  Reply write(const std::optional<sign_in::SignIn>& sign_in);
  postgres::Batch& batch() { return batch_; }

 private:
  void require_what_was_proved();
  void forget_attempts();
  void apply(const CreateUser& change);
  void apply(const AddIdentity& change);
  void apply(const MarkVerified& change);
  void apply(const AddAuthenticator& change);
  void apply(const UpgradeHash& change);
  void apply(const SetPassword& change);
  void apply(const OpenSession& change);
  void announce_new_user();
  boost::json::object user_model() const;
  void finish_sign_in(const sign_in::SignIn& sign_in, Reply& reply);

  WritingServices services_;
  const project::Context& ctx_;
  const State& state_;
  postgres::Batch batch_;
  User user_;
  bool verified_ = false;
  bool has_password_ = false;
  std::vector<LoginIdIdentity> new_identities_;
  bool opens_session_ = true;  // not where the sign-in suppresses it
  std::optional<session::OpenedSession> opened_;
  AuthenticationInfo proved_;
};

}  // namespace gatehouse::flow
