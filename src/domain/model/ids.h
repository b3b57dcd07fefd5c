#pragma once

#include "platform/base/strong.h"
#include "project/config.h"

namespace gatehouse {

using project::ClientId;
using project::ProjectId;

using UserId = StrongString<struct UserIdTag>;                    // UUIDv4
using IdentityId = StrongString<struct IdentityIdTag>;            // UUIDv4
using AuthenticatorId = StrongString<struct AuthenticatorIdTag>;  // UUIDv4
using SessionId = StrongString<struct SessionIdTag>;              // IdP session, UUIDv7
using GrantId = StrongString<struct GrantIdTag>;  // token family ("offline grant" in the contract), UUIDv7

}  // namespace gatehouse
