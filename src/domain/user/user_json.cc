#include <algorithm>
#include <array>

#include "domain/user/users.h"

namespace gatehouse::user {

namespace {

namespace json = boost::json;

// OpenID Connect Core 5.4, less what the contract's access control hides from everybody by default.
constexpr std::array<std::string_view, 8> kProfile{"family_name", "given_name", "preferred_username", "picture",
                                                   "gender",      "birthdate",  "zoneinfo",           "locale"};

void copy(json::object& into, const json::object& from, std::string_view name) {
  if (const auto* value = from.if_contains(name)) {
    into[name] = *value;
  }
}

// `email` and `email_verified`, and so for the phone number.
void copy_with_proof(json::object& into, const json::object& from, std::string_view name,
                     const std::vector<VerifiedClaim>& verified) {
  const auto* value = from.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    return;
  }
  const std::string text(value->get_string());
  into[name] = text;
  into[std::string(name) + "_verified"] = std::ranges::any_of(
      verified, [&](const VerifiedClaim& claim) { return claim.name == name && claim.value == text; });
}

json::object derived_attributes(const User& user, const std::vector<VerifiedClaim>& claims) {
  json::object attributes = user.standard_attributes;
  copy_with_proof(attributes, user.standard_attributes, "email", claims);
  copy_with_proof(attributes, user.standard_attributes, "phone_number", claims);
  attributes["updated_at"] = unix_seconds(user.updated_at);
  return attributes;
}

void add_time(json::object& object, std::string_view name, const std::optional<TimePoint>& time) {
  if (time) {
    object[name] = rfc3339(*time);
  }
}

}  // namespace

json::object to_event_json(const User& user, bool verified, bool can_reauthenticate,
                           const std::vector<VerifiedClaim>& claims) {
  json::object object{{"id", user.id.str()},
                      {"created_at", rfc3339(user.created_at)},
                      {"updated_at", rfc3339(user.updated_at)},
                      {"is_anonymous", false},
                      {"is_verified", verified},
                      {"is_disabled", user.is_disabled},
                      {"is_deactivated", user.is_deactivated},
                      {"is_anonymized", user.is_anonymized},
                      {"can_reauthenticate", can_reauthenticate},
                      {"standard_attributes", derived_attributes(user, claims)},
                      {"custom_attributes", user.custom_attributes},
                      {"x_web3", json::object{}},
                      {"roles", json::array{}},
                      {"groups", json::array{}}};
  if (user.disable_reason) {
    object["disable_reason"] = *user.disable_reason;
  }
  add_time(object, "last_login_at", user.last_login_at);
  add_time(object, "delete_at", user.delete_at);
  add_time(object, "anonymize_at", user.anonymize_at);
  add_time(object, "temporarily_disabled_from", user.temporarily_disabled_from);
  add_time(object, "temporarily_disabled_until", user.temporarily_disabled_until);
  add_time(object, "account_valid_from", user.account_valid_from);
  add_time(object, "account_valid_until", user.account_valid_until);
  return object;
}

json::object standard_claims(const User& user, const std::vector<VerifiedClaim>& verified,
                             const std::vector<std::string>& scopes) {
  const auto asked = [&](std::string_view scope) { return std::ranges::find(scopes, scope) != scopes.end(); };
  json::object claims;
  if (asked("profile")) {
    for (const auto name : kProfile) {
      copy(claims, user.standard_attributes, name);
    }
    claims["updated_at"] = unix_seconds(user.updated_at);
  }
  if (asked("email")) {
    copy_with_proof(claims, user.standard_attributes, "email", verified);
  }
  if (asked("phone")) {
    copy_with_proof(claims, user.standard_attributes, "phone_number", verified);
  }
  return claims;
}

}  // namespace gatehouse::user
