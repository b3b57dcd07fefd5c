#pragma once

#include <string>

#include "domain/client/oauth_error.h"
#include "endpoint/oauth/authorization_request.h"
#include "endpoint/page.h"

namespace gatehouse::oauth {

// 303 to the client with the code, `state` and `iss` (RFC 6749 4.1.2, RFC 9207).
http::Response code_response(const project::Project& project, const RedirectTarget& target, const std::string& code);

// 303 to the client with the error (RFC 6749 4.1.2.1).
http::Response error_response(const project::Project& project, const RedirectTarget& target,
                              const client::OAuthError& error);

// The request's redirect URI is not to be trusted: the person sees what is wrong, as a page or, where the client did
// not ask for HTML, as the contract's lines of text. 400.
http::Response untrusted_response(project::Context& ctx, const http::Request& request,
                                  const endpoint::PageRenderer& pages, const http::Fields& parameters,
                                  const client::OAuthError& error);

}  // namespace gatehouse::oauth
