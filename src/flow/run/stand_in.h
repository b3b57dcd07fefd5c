#pragma once

#include "domain/identity/login_id.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::flow {

// The user id of nobody, for attempts on a login ID that nobody has: always the same for the same login ID of the
// project, looks like any other, and cannot be computed without the deployment's key.
UserId stand_in_for(const crypto::KeyRing& keys, const project::Context& ctx,
                    const identity::NormalizedLoginId& login_id);

}  // namespace gatehouse::flow
