#include "domain/grant/user_facts.h"

#include <algorithm>

#include "domain/user/users.h"

namespace gatehouse::grant {

namespace {

namespace json = boost::json;

TimePoint parse_time(const json::value& micros) { return TimePoint{Micros{micros.as_int64()}}; }

User user_from(const UserId& id, const json::object& facts) {
  User user;
  user.id = id;
  user.created_at = parse_time(facts.at("created_at"));
  user.updated_at = parse_time(facts.at("updated_at"));
  if (!facts.at("login_at").is_null()) {
    user.last_login_at = parse_time(facts.at("login_at"));
  }
  user.is_disabled = facts.at("is_disabled").as_bool();
  if (!facts.at("disable_reason").is_null()) {
    user.disable_reason = std::string(facts.at("disable_reason").as_string());
  }
  user.standard_attributes = facts.at("standard_attributes").as_object();
  user.custom_attributes = facts.at("custom_attributes").as_object();
  return user;
}

// The claims of the identities that a person could have to prove.
std::vector<user::ClaimStatus> claims_of(const json::array& identities, const std::vector<VerifiedClaim>& verified) {
  std::vector<user::ClaimStatus> claims;
  for (const json::value& identity : identities) {
    for (const auto& [name, value] : identity.at("claims").as_object()) {
      if ((name != "email" && name != "phone_number") || !value.is_string()) {
        continue;
      }
      const bool proven = std::ranges::any_of(verified, [&](const VerifiedClaim& claim) {
        return claim.name == name && claim.value == value.get_string();
      });
      claims.push_back(user::ClaimStatus{std::string(name), proven});
    }
  }
  return claims;
}

}  // namespace

UserFacts parse_user_facts(const project::Config& config, const UserId& id, const json::object& facts) {
  UserFacts parsed;
  parsed.user = user_from(id, facts);
  for (const json::value& claim : facts.at("verified").as_array()) {
    parsed.verified.push_back(
        VerifiedClaim{std::string(claim.at("name").as_string()), std::string(claim.at("value").as_string())});
  }
  const json::array& identities = facts.at("identities").as_array();
  parsed.is_anonymous =
      std::ranges::any_of(identities, [](const json::value& identity) { return identity.at("type") == "anonymous"; });
  parsed.is_verified = user::meets_criteria(config.verification, claims_of(identities, parsed.verified));
  parsed.can_reauthenticate = facts.at("can_reauthenticate").as_bool();
  for (const json::value& role : facts.at("roles").as_array()) {
    parsed.roles.emplace_back(role.as_string());
  }
  return parsed;
}

Task<std::optional<UserFacts>> find_user_facts(project::Context& ctx, UserId id) {
  static constexpr postgres::Sql kSql = "SELECT _gatehouse_user_facts($1, $2)";
  const auto facts = co_await ctx.db().one<std::optional<json::object>>(kSql, ctx.app_id(), id);
  if (!facts) {
    co_return std::nullopt;
  }
  co_return parse_user_facts(ctx.config(), id, *facts);
}

void add_user_claims(json::object& claims, const UserFacts& facts) {
  claims["https://authgear.com/claims/user/is_anonymous"] = facts.is_anonymous;
  claims["https://authgear.com/claims/user/is_verified"] = facts.is_verified;
  claims["https://authgear.com/claims/user/can_reauthenticate"] = facts.can_reauthenticate;
  claims["https://authgear.com/claims/user/roles"] = json::value_from(facts.roles);
}

}  // namespace gatehouse::grant
