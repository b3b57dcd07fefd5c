#pragma once

#include <string>
#include <string_view>

#include "platform/http/message.h"
#include "project/context.h"

namespace gatehouse::authui {

// The browser's own cookie "authgear_web_session": it ties flows to the browser that began them.
struct Browser {
  std::string cookie;  // 32 Crockford characters
  bool is_new = false;

  std::string hash() const;  // flow::Start::browser
};
// A new one where the request brings none, or one of another form.
Browser identify_browser(const project::Context& ctx, const http::Request& request);
void remember_browser(const project::Context& ctx, http::Response& response, const Browser& browser);

// The session's cookies after signing in: "session" and "same_site_strict" (tokens.md of the contract, "Cookies").
void set_session_cookies(const project::Context& ctx, http::Response& response, const std::string& session_token);
void clear_session_cookies(const project::Context& ctx, http::Response& response);

// What a request's headers say about the page that sent it (Fetch Metadata; Fetch 3.2 for Origin).
enum class Sender { same_origin, unknown, foreign };
Sender judge_sender(const project::Project& project, const http::Request& request);

// Whether the request came to the host of the project's public origin.
bool at_public_host(const project::Project& project, const http::Request& request);

}  // namespace gatehouse::authui
