#pragma once

#include <boost/json.hpp>

#include "domain/grant/access_token.h"
#include "domain/grant/user_facts.h"

namespace gatehouse::oauth {

// The claims of user info (OpenID Connect Core 5.3.2) as the contract has them: first-party clients see all standard
// and custom attributes, third parties what their scopes allow (5.4).
boost::json::object user_claims(const project::Project& project, const grant::AccessGrant& access,
                                const grant::UserFacts& facts);

}  // namespace gatehouse::oauth
