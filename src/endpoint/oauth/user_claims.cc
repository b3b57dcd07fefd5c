#include "endpoint/oauth/user_claims.h"

#include "domain/client/scope.h"
#include "domain/user/users.h"

namespace gatehouse::oauth {

bool Reader::sees_credentials() const {
  return client::has_scope(scopes, client::kFullAccess) || client::has_scope(scopes, client::kFullUserInfo);
}

boost::json::object user_claims(const Reader& reader, const grant::UserFacts& facts) {
  boost::json::object claims{{"sub", facts.user.id.str()}};
  grant::add_user_claims(claims, facts);
  static const std::vector<std::string> all_scopes{"profile", "email", "phone", "address"};
  const auto standard =
      user::standard_claims(facts.user, facts.verified, reader.first_party ? all_scopes : reader.scopes);
  for (const auto& [name, value] : standard) {
    claims.emplace(name, value);
  }
  if (reader.first_party) {
    claims["custom_attributes"] = facts.user.custom_attributes;
    claims["x_web3"] = boost::json::object{};
  }
  return claims;
}

}  // namespace gatehouse::oauth
