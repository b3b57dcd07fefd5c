#pragma once

#include <string>
#include <vector>

#include "domain/grant/user_facts.h"
#include "domain/model/ids.h"

namespace gatehouse::grant {

// Whom tokens are made for, and by which authentication: a token family with what is known of its user.
struct TokenSubject {
  GrantId grant;
  UserFacts user;
  std::vector<std::string> scopes;
  std::vector<std::string> amr;  // RFC 8176
  TimePoint authenticated_at;
};

// The standard claims (OpenID Connect Core 5.1) that tokens of this client carry: by scope, and only for confidential
// and third-party clients.
void add_personal_claims(boost::json::object& claims, const project::OAuthClient& client, const TokenSubject& subject);

}  // namespace gatehouse::grant
