#pragma once

#include <memory>

#include "flow/run/committer.h"
#include "flow/run/world.h"
#include "flow/runner.h"
#include "platform/crypto/key_ring.h"
#include "platform/redis/client.h"

namespace gatehouse::flow {

// What a Runner of one core stands on; all of it outlives the Runner.
struct RunnerServices {
  redis::Client& redis;
  const crypto::KeyRing& keys;
  identity::LoginIds& login_ids;
  user::Users& users;
  authenticator::PasswordHasher& hasher;
  authenticator::Passwords& passwords;
  verification::OneTimeCodes& codes;
  protection::RateLimiter& limiter;
  protection::Lockout& lockout;
  session::Sessions& sessions;
  sign_in::FinishedSignIns& finished_sign_ins;
};

std::unique_ptr<Runner> make_runner(const RunnerServices& services);

}  // namespace gatehouse::flow
