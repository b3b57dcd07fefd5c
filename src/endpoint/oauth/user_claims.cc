#include "endpoint/oauth/user_claims.h"

#include "domain/user/users.h"

namespace gatehouse::oauth {

boost::json::object user_claims(const project::Project& project, const grant::AccessGrant& access,
                                const grant::UserFacts& facts) {
  boost::json::object claims{{"sub", facts.user.id.str()}};
  grant::add_user_claims(claims, facts);
  const auto* client = project.client(access.client);
  const bool third_party = client == nullptr || client->is_third_party();
  static const std::vector<std::string> kAllScopes{"profile", "email", "phone", "address"};
  const auto standard = user::standard_claims(facts.user, facts.verified, third_party ? access.scopes : kAllScopes);
  for (const auto& [name, value] : standard) {
    claims[name] = value;
  }
  if (!third_party) {
    claims["custom_attributes"] = facts.user.custom_attributes;
    claims["x_web3"] = boost::json::object{};
  }
  return claims;
}

}  // namespace gatehouse::oauth
