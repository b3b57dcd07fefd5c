#pragma once

#include <string>
#include <unordered_map>

#include "domain/model/ids.h"
#include "project/context.h"

namespace gatehouse::protection {

// Account lockout by the contract's authentication.lockout settings. An attempt is reserved in PostgreSQL before the
// expensive check, so that parallel guesses cannot slip through; success gives it back.
//
// `max_attempts` failures lock the user (or the user from one address) for minimum_duration, each failure after that
// for backoff_factor times longer, up to maximum_duration. Attempts are forgotten history_duration after the last one.
class Lockout {
 public:
  // Error TooManyRequest/AccountLockout with info {until} if the user (or the user from this address) is locked out, or
  // with 429 when more than 4 of this core already wait for the same user. Does nothing where lockout is off for
  // `method`. The user need not exist: a stand-in is locked like anybody.
  Task<void> reserve(project::Context& ctx, const UserId& user, std::string method);  // "password", "oob_otp"
  // Forgets the attempts on a user who proved to be one (those from this address, where each address counts for
  // itself).
  void succeeded(postgres::Batch& batch, const project::Context& ctx, const UserId& user);

 private:
  class Turn;  // one of the few that may wait for a user at once
  std::unordered_map<std::string, int> waiting_;
};

}  // namespace gatehouse::protection
