#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "domain/model/user.h"
#include "project/context.h"

namespace gatehouse::grant {

// What tokens and user info say about a user, read in one look (_gatehouse_user_facts).
struct UserFacts {
  User user;
  bool is_anonymous = false;
  bool is_verified = false;  // by the project's verification criteria
  bool can_reauthenticate = false;
  std::vector<std::string> roles;  // keys; effective: direct and through groups
  std::vector<VerifiedClaim> verified;
};

UserFacts parse_user_facts(const project::Config& config, const UserId& user, const boost::json::object& facts);

// One round trip; nothing for a user who does not exist.
Task<std::optional<UserFacts>> find_user_facts(project::Context& ctx, UserId user);

// The four claims that every token and every user info carries:
// https://authgear.com/claims/user/{is_anonymous,is_verified, can_reauthenticate,roles}.
void add_user_claims(boost::json::object& claims, const UserFacts& facts);

}  // namespace gatehouse::grant
