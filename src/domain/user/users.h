#pragma once

#include <optional>

#include "domain/model/user.h"
#include "project/context.h"

namespace gatehouse::user {

class Users {
 public:
  Task<std::optional<User>> find(project::Context& ctx, const UserId& id);
  // Whether the user's claims meet the project's verification criteria.
  Task<bool> is_verified(project::Context& ctx, const UserId& id);

  void insert(postgres::Batch& batch, const project::Context& ctx, const User& user);
  // login_at becomes last_login_at, now becomes login_at.
  void record_login(postgres::Batch& batch, const project::Context& ctx, const UserId& id);
  void mark_verified(postgres::Batch& batch, const project::Context& ctx, const UserId& id, const VerifiedClaim& claim);
};

// Error Forbidden (DisabledUser …) for a user who may not sign in now.
void check_may_sign_in(const User& user, TimePoint now);

// Events' "User" model, as the contract has it.
boost::json::object to_event_json(const User& user, bool verified, bool can_reauthenticate);

// The standard claims of a user for these scopes (OpenID Connect Core 5.4): profile, email, phone, address.
boost::json::object standard_claims(const User& user, const std::vector<VerifiedClaim>& verified,
                                    const std::vector<std::string>& scopes);

}  // namespace gatehouse::user
