#pragma once

#include "domain/authenticator/password.h"
#include "domain/authenticator/stored_schemes.h"
#include "domain/identity/login_id.h"
#include "domain/protection/lockout.h"
#include "domain/protection/rate_limiter.h"
#include "domain/verification/one_time_code.h"
#include "flow/engine/step.h"
#include "flow/run/pace.h"
#include "flow/run/stand_in.h"
#include "project/context.h"

namespace gatehouse::flow {

// Answers what steps want to know. The same key gets the same answer where asking changes something: codes sent and
// tried. Throws Error for what ends the turn: a limit, a lockout, a weak password, a login ID that is none. What takes
// long and as long for everybody stands between two marks of the pace, which outlives the call.
class World {
 public:
  virtual ~World() = default;
  virtual Task<Answer> answer(project::Context& ctx, Want want, NeedKey key, Pace& pace) = 0;
};

// The world over the domain's services. Every credential check goes through the limiter and the lockout first.
class DomainWorld : public World {
 public:
  DomainWorld(const crypto::KeyRing& keys, identity::LoginIds& login_ids, authenticator::PasswordHasher& hasher,
              authenticator::Passwords& passwords, verification::OneTimeCodes& codes, protection::RateLimiter& limiter,
              protection::Lockout& lockout)
      : keys_(keys),
        login_ids_(login_ids),
        hasher_(hasher),
        passwords_(passwords),
        codes_(codes),
        limiter_(limiter),
        lockout_(lockout) {}

  Task<Answer> answer(project::Context& ctx, Want want, NeedKey key, Pace& pace) override;

 private:
  Task<Answer> find(project::Context& ctx, FindIdentity need);
  Task<Answer> find_hidden(project::Context& ctx, FindIdentity need);
  Task<Answer> find_to_log_in(project::Context& ctx, FindIdentity need);
  Task<void> nobody_found(project::Context& ctx, FindIdentity need, std::string login_id);
  Task<Answer> hash(project::Context& ctx, HashPassword need);
  Task<Answer> check(project::Context& ctx, CheckPassword need, Pace& pace);
  Task<bool> refused_unsaid(project::Context& ctx, std::optional<UserId> user);
  Task<void> give_back(project::Context& ctx, Counted counted);
  Task<std::optional<CheckedPassword>> match(project::Context& ctx, CheckPassword need);
  Task<void> make_up(project::Context& ctx, authenticator::Password password, std::set<std::string> tried);
  Task<Answer> send(project::Context& ctx, SendCode need, NeedKey key);
  Task<Answer> check(project::Context& ctx, CheckCode need, NeedKey key);

  const crypto::KeyRing& keys_;
  identity::LoginIds& login_ids_;
  authenticator::PasswordHasher& hasher_;
  authenticator::Passwords& passwords_;
  verification::OneTimeCodes& codes_;
  protection::RateLimiter& limiter_;
  protection::Lockout& lockout_;
  authenticator::StoredSchemes schemes_;
};

}  // namespace gatehouse::flow
