#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/client/oauth_error.h"
#include "domain/model/ids.h"
#include "project/project.h"

namespace gatehouse::client {

// How a client presented itself: token_endpoint_auth_method (RFC 7591 2).
enum class AuthenticationMethod { none, client_secret_basic, client_secret_post };

struct ClientCredentials {
  std::string client_id;
  AuthenticationMethod method = AuthenticationMethod::none;
  std::string client_secret;  // empty with `none`
};

// The client that these credentials are of (RFC 6749 2.3). Throws OAuthError invalid_client: unknown client, wrong or
// missing secret, or a secret presented by a public client; 401 with a challenge after Basic, else 400. The reference
// lives as long as the project.
const project::OAuthClient& authenticate(const project::Project& project, const ClientCredentials& credentials);

// The client of an authorization request; null if there is none of this id, or it may not ask for authorization at all
// (m2m).
const project::OAuthClient* find_for_authorization(const project::Project& project, std::string_view client_id);

// Throws OAuthError unsupported_grant_type for what this server does not know, unauthorized_client where this client
// may not use it.
void check_grant_type(const project::OAuthClient& client, std::string_view grant_type);

}  // namespace gatehouse::client
