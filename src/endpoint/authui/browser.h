#pragma once

#include <string_view>

#include "endpoint/browser.h"
#include "endpoint/same_origin.h"
#include "endpoint/session_cookie.h"
#include "platform/http/message.h"
#include "project/context.h"

namespace gatehouse::authui {

using endpoint::Browser;

// By its cookie "authgear_web_session", which ties flows to the browser that began them (flow::Start::browser).
Browser identify_browser(const project::Context& ctx, const http::Request& request);
void remember_browser(const project::Context& ctx, http::Response& response, const Browser& browser);

using endpoint::clear_session_cookies;
using endpoint::judge_sender;
using endpoint::Sender;
using endpoint::set_session_cookies;

// Whether the request came to the host of the project's public origin.
bool at_public_host(const project::Project& project, const http::Request& request);

}  // namespace gatehouse::authui
