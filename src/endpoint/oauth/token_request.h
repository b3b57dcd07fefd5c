#pragma once

#include <initializer_list>
#include <string_view>

#include "domain/client/clients.h"
#include "platform/base/error.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// The form of a request to the token, revocation or user-info endpoint, without what has no value. Throws
// client::OAuthError invalid_request for a wrong content type, a broken form, or one of `single` given more than once
// (RFC 6749 3.2).
http::Fields token_form(const http::Request& request, std::initializer_list<std::string_view> single);

// Whether the client presents itself at all, in one of these ways.
bool presents_client(const http::Request& request, const http::Fields& form);

// How the client presented itself (RFC 6749 2.3.1): HTTP Basic, or client_id and client_secret in the body; never both.
client::ClientCredentials client_credentials(const http::Request& request, const http::Fields& form);

// "x_rate_limited" for an error of the limiter; throws every other one on.
client::OAuthError rate_limited(const Error& error);

// A token endpoint's error (RFC 6749 5.2), with its challenge.
http::Response token_error(const client::OAuthError& error);

}  // namespace gatehouse::oauth
