#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "domain/grant/user_facts.h"

namespace gatehouse::oauth {

// Who reads the claims of a user.
struct Reader {
  bool first_party = false;
  std::vector<std::string> scopes;

  bool sees_credentials() const;  // full-access, full-userinfo
};

// The claims of user info (OpenID Connect Core 5.3.2) as the contract has them: first-party clients see all standard
// and custom attributes, third parties what their scopes allow (5.4).
boost::json::object user_claims(const Reader& reader, const grant::UserFacts& facts);

}  // namespace gatehouse::oauth
