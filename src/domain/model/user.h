#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "domain/model/ids.h"
#include "platform/base/time.h"

namespace gatehouse {

// A row of _auth_user, what of it is in use.
struct User {
  UserId id;
  TimePoint created_at;
  TimePoint updated_at;
  std::optional<TimePoint> last_login_at;  // the API's name; column login_at
  bool is_disabled = false;                // may not sign in, for whatever reason, as of when it was read
  std::optional<std::string> disable_reason;
  boost::json::object standard_attributes;
  boost::json::object custom_attributes;
  // What decides whether the user may sign in (domain/user, check_may_sign_in).
  bool is_indefinitely_disabled = false;
  bool is_deactivated = false;
  bool is_anonymized = false;
  std::optional<TimePoint> delete_at;
  std::optional<TimePoint> anonymize_at;
  std::optional<TimePoint> temporarily_disabled_from;
  std::optional<TimePoint> temporarily_disabled_until;
  std::optional<TimePoint> account_valid_from;
  std::optional<TimePoint> account_valid_until;
};
BOOST_DESCRIBE_STRUCT(User, (),
                      (id, created_at, updated_at, last_login_at, is_disabled, disable_reason, standard_attributes,
                       custom_attributes, is_indefinitely_disabled, is_deactivated, is_anonymized, delete_at,
                       anonymize_at, temporarily_disabled_from, temporarily_disabled_until, account_valid_from,
                       account_valid_until))

// _auth_identity with _auth_identity_login_id.
struct LoginIdIdentity {
  IdentityId id;
  UserId user_id;
  TimePoint created_at;
  TimePoint updated_at;
  std::string login_id_key;
  std::string login_id_type;      // email, phone, username
  std::string login_id;           // normalized
  std::string original_login_id;  // as typed
  std::string unique_key;
  boost::json::object claims;
};
BOOST_DESCRIBE_STRUCT(LoginIdIdentity, (),
                      (id, user_id, created_at, updated_at, login_id_key, login_id_type, login_id, original_login_id,
                       unique_key, claims))

// _auth_authenticator with _auth_authenticator_password.
struct PasswordAuthenticator {
  AuthenticatorId id;
  UserId user_id;
  TimePoint created_at;
  TimePoint updated_at;
  std::string kind;  // primary, secondary
  std::string password_hash;
  std::optional<TimePoint> expire_after;
};
BOOST_DESCRIBE_STRUCT(PasswordAuthenticator, (),
                      (id, user_id, created_at, updated_at, kind, password_hash, expire_after))

// _auth_verified_claim.
struct VerifiedClaim {
  std::string name;  // email, phone_number
  std::string value;
};
BOOST_DESCRIBE_STRUCT(VerifiedClaim, (), (name, value))

}  // namespace gatehouse
