#pragma once

#include <string>

#include "platform/http/message.h"
#include "project/context.h"

namespace gatehouse::endpoint {

// The cookies of a signed-in browser: "session", and "same_site_strict", which tells that a request came from one of
// our own pages (tokens of the contract, "Cookies").
void set_session_cookies(const project::Context& ctx, http::Response& response, const std::string& session_token);
void clear_session_cookies(const project::Context& ctx, http::Response& response);

}  // namespace gatehouse::endpoint
