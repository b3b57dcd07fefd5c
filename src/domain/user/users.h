#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/model/user.h"
#include "project/context.h"

namespace gatehouse::user {

class Users {
 public:
  Task<std::optional<User>> find(project::Context& ctx, const UserId& id);
  // Whether the user's claims meet the project's verification criteria.
  Task<bool> is_verified(project::Context& ctx, const UserId& id);
  Task<std::vector<VerifiedClaim>> verified_claims(project::Context& ctx, const UserId& id);

  void insert(postgres::Batch& batch, const project::Context& ctx, const User& user);
  // login_at becomes last_login_at, now becomes login_at.
  void record_login(postgres::Batch& batch, const project::Context& ctx, const UserId& id);
  void mark_verified(postgres::Batch& batch, const project::Context& ctx, const UserId& id, const VerifiedClaim& claim);
};

// Error Forbidden for a user who may not sign in now: AnonymizedUser, DisabledUser {reason}, ScheduledDeletionByAdmin
// or …ByEndUser {delete_at}, ScheduledAnonymizationByAdmin {anonymize_at}, UserOutsideValidPeriod.
void check_may_sign_in(const User& user, TimePoint now);
bool may_sign_in(const User& user, TimePoint now);

// One claim that a person could have to prove.
struct ClaimStatus {
  std::string name;  // email, phone_number
  bool verified = false;
};
// The project's criteria (any, all) over a user's claims; never met without a claim that can be verified.
bool meets_criteria(const project::VerificationConfig& config, const std::vector<ClaimStatus>& claims);

// Events' "User" model, as the contract has it. With `claims` its attributes say what is verified.
boost::json::object to_event_json(const User& user, bool verified, bool can_reauthenticate,
                                  const std::vector<VerifiedClaim>& claims = {});

// The standard claims of a user for these scopes (OpenID Connect Core 5.4): profile, email, phone, address. Without
// what the contract hides by default: name, nickname, middle_name, profile, website, address.
boost::json::object standard_claims(const User& user, const std::vector<VerifiedClaim>& verified,
                                    const std::vector<std::string>& scopes);

}  // namespace gatehouse::user
