#pragma once

#include <optional>
#include <string>

#include "domain/grant/id_token.h"
#include "platform/http/message.h"
#include "project/project.h"

namespace gatehouse::grant {

// An RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0 section 2), its parameters judged.
struct LogoutRequest {
  std::optional<IdTokenHint> hint;               // only a hint of ours, for the client_id that was sent, if one was
  const project::OAuthClient* client = nullptr;  // of the hint
  // Where to go afterwards, `state` included: a URI that the hint's client registered. Nothing otherwise: a missing or
  // forged hint, or an unregistered URI, never redirects.
  std::optional<std::string> redirect;
};

// Reads id_token_hint, client_id, post_logout_redirect_uri and state. A hint or client_id that comes twice counts as no
// hint, a URI or state that comes twice as no URI.
LogoutRequest parse_logout_request(const project::Project& project, const http::Fields& parameters);

}  // namespace gatehouse::grant
