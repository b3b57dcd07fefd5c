#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/config.h"

namespace gatehouse::client {

// The URI that an authorization response may go to: one of the client's own, equal byte for byte. The only exception is
// RFC 8252 7.3: native clients may use any port on http://127.0.0.1 and http://[::1]. Left out: the client's only one.
// Throws OAuthError invalid_request for everything else; nothing is ever sent to a URI that did not come from here.
std::string resolve_redirect_uri(const project::OAuthClient& client, const std::optional<std::string>& requested);

// Whether the client registered this URI for after logout, byte for byte.
bool is_post_logout_redirect_uri(const project::OAuthClient& client, std::string_view uri);

}  // namespace gatehouse::client
