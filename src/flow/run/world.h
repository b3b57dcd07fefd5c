#pragma once

#include "domain/authenticator/password.h"
#include "domain/identity/login_id.h"
#include "domain/protection/lockout.h"
#include "domain/protection/rate_limiter.h"
#include "domain/verification/one_time_code.h"
#include "flow/engine/step.h"
#include "project/context.h"

namespace gatehouse::flow {

// Answers what steps want to know. The same key gets the same answer where asking changes something: codes sent and
// tried. Throws Error for what ends the turn: a limit, a lockout, a weak password, a login ID that is none.
class World {
 public:
  virtual ~World() = default;
  virtual Task<Answer> answer(project::Context& ctx, Want want, NeedKey key) = 0;
};

// The world over the domain's services. Every credential check goes through the limiter and the lockout first.
class DomainWorld : public World {
 public:
  DomainWorld(identity::LoginIds& login_ids, authenticator::PasswordHasher& hasher, authenticator::Passwords& passwords,
              verification::OneTimeCodes& codes, protection::RateLimiter& limiter, protection::Lockout& lockout)
      : login_ids_(login_ids),
        hasher_(hasher),
        passwords_(passwords),
        codes_(codes),
        limiter_(limiter),
        lockout_(lockout) {}

  Task<Answer> answer(project::Context& ctx, Want want, NeedKey key) override;

 private:
  Task<Answer> find(project::Context& ctx, FindIdentity need);
  Task<Answer> find_to_log_in(project::Context& ctx, FindIdentity need);
  Task<void> nobody_found(project::Context& ctx, FindIdentity need, std::string login_id);
  Task<Answer> hash(project::Context& ctx, HashPassword need);
  Task<Answer> check(project::Context& ctx, CheckPassword need);
  Task<std::optional<CheckedPassword>> match(project::Context& ctx, CheckPassword need);
  Task<Answer> send(project::Context& ctx, SendCode need, NeedKey key);
  Task<Answer> check(project::Context& ctx, CheckCode need, NeedKey key);

  identity::LoginIds& login_ids_;
  authenticator::PasswordHasher& hasher_;
  authenticator::Passwords& passwords_;
  verification::OneTimeCodes& codes_;
  protection::RateLimiter& limiter_;
  protection::Lockout& lockout_;
};

}  // namespace gatehouse::flow
