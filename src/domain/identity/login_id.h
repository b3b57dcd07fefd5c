#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/user.h"
#include "project/context.h"

namespace gatehouse::identity {

struct NormalizedLoginId {
  std::string type;        // email, phone, username
  std::string key;         // of the configuration
  std::string original;    // as typed, trimmed
  std::string login_id;    // normalized
  std::string unique_key;  // equal for what must not exist twice
};

// By the contract's normalisation (database-notes) and the project's settings, for types email and username. Throws
// Error Invalid/ValidationFailed with causes [{location "/login_id", kind, details}] for what is not a valid login ID
// of that type: maxLength {expected, actual}, required, format {format}, blocked {reason: EmailDomainBlocklist,
// EmailDomainAllowlist, UsernameReserved, UsernameExcludedKeywords}, general {msg}.
NormalizedLoginId normalize(const project::Project& project, std::string_view type, std::string_view typed);

// The same for looking one up: looser, nothing where the text cannot be a login ID of that type.
std::optional<NormalizedLoginId> normalize_for_lookup(const project::Project& project, std::string_view type,
                                                      std::string_view typed);

// What a login by password has to know, in one round trip.
struct FoundLogin {
  LoginIdIdentity identity;
  User user;
  std::vector<PasswordAuthenticator> passwords;
  bool verified = false;           // the identity's claim is a verified claim
  bool has_second_factor = false;  // an authenticator of kind "secondary", of whatever type
  bool user_verified = false;  // the user's claims meet the project's verification criteria (user::Users::is_verified)
};

class LoginIds {
 public:
  // The identity whose unique key this is (`types`: which types of login ID to try), with its user and passwords.
  Task<std::optional<FoundLogin>> find(project::Context& ctx, std::vector<NormalizedLoginId> candidates);
  Task<std::vector<LoginIdIdentity>> of_user(project::Context& ctx, const UserId& user);

  void insert(postgres::Batch& batch, const project::Context& ctx, const LoginIdIdentity& identity);
};

// The constraint whose violation means that somebody was faster: Error Invalid/InvariantViolated (DuplicatedIdentity).
inline constexpr std::string_view kUniqueLoginId = "_auth_identity_login_id_key";
Error duplicated_identity(std::string_view login_id_type);

LoginIdIdentity make_identity(const NormalizedLoginId& id, const UserId& user, TimePoint now);

}  // namespace gatehouse::identity
