#pragma once

#include <string>
#include <string_view>

#include "endpoint/same_origin.h"
#include "endpoint/session_cookie.h"
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

using endpoint::clear_session_cookies;
using endpoint::judge_sender;
using endpoint::Sender;
using endpoint::set_session_cookies;

// Whether the request came to the host of the project's public origin.
bool at_public_host(const project::Project& project, const http::Request& request);

}  // namespace gatehouse::authui
