#pragma once

#include <optional>

#include <boost/json.hpp>

#include "domain/grant/user_facts.h"

namespace gatehouse::grant {

// What user info tells beside UserFacts to whom sees all: by what the user can sign in. The contract's
// https://authgear.com/claims/user/{authenticators,identities,recovery_code_enabled}; never a secret or an address.
struct FullUserFacts {
  UserFacts facts;
  boost::json::object credentials;
};

// One round trip; nothing for a user who does not exist.
Task<std::optional<FullUserFacts>> find_full_user_facts(project::Context& ctx, UserId user);

}  // namespace gatehouse::grant
