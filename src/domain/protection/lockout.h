#pragma once

#include <string>

#include "domain/model/ids.h"
#include "project/context.h"

namespace gatehouse::protection {

// Account lockout by the contract's authentication.lockout settings. An attempt is reserved in PostgreSQL before the
// expensive check, so that parallel guesses cannot slip through; success gives it back.
class Lockout {
 public:
  // Error TooManyRequest/AccountLockout with info {until} if the user (or the user from this address) is locked out, or with
  // 429 when more than 4 of this core already wait for the same user. Does nothing where lockout is off for `method`.
  Task<void> reserve(project::Context& ctx, const UserId& user, std::string method);  // "password", "oob_otp"
  // Forgets the attempts of a user who proved to be one.
  void succeeded(postgres::Batch& batch, const project::Context& ctx, const UserId& user);
};

}  // namespace gatehouse::protection
