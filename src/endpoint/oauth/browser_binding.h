#pragma once

#include "domain/sign_in/sign_in.h"
#include "endpoint/browser.h"

namespace gatehouse::oauth {

// Which browser began a sign-in: the cookie "oauth_ui". One cookie serves all sign-ins of a browser, so that each of
// its tabs can finish its own; the sign-in keeps the cookie's hash. The cookie is in no URL.
endpoint::Browser browser_of(const project::Context& ctx, const http::Request& request);
void remember_browser(const project::Context& ctx, http::Response& response, const endpoint::Browser& browser);

// The sign-in as this browser's own.
sign_in::SignIn bind(sign_in::SignIn sign_in, const endpoint::Browser& browser);
bool began_in(const sign_in::SignIn& sign_in, const endpoint::Browser& browser);

}  // namespace gatehouse::oauth
