#pragma once

#include "domain/identity/login_id.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::flow {

// The user id of nobody, for a login ID that nobody has: always the same for the same login ID of the project, looks
// like any other, and cannot be computed without the deployment's key.
UserId stand_in_for(const crypto::KeyRing& keys, const project::Context& ctx,
                    const identity::NormalizedLoginId& login_id);

// Whom attempts at a password are counted for.
struct Counted {
  UserId said;                   // who is over the limit hears of it
  std::optional<UserId> unsaid;  // who is over the limit hears that the password is wrong
};

// The user; where accounts are hidden, said for the login ID and unsaid for its user: a user with two login IDs would
// else be told by the second what was done to the first, and two of nobody's would not. For a stand-in too.
Counted counted_for(const crypto::KeyRing& keys, const project::Context& ctx,
                    const identity::NormalizedLoginId& login_id, const UserId& user);

}  // namespace gatehouse::flow
