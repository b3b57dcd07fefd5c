#pragma once

#include <vector>

#include "platform/http/message.h"
#include "project/context.h"

namespace gatehouse::endpoint {

// Set-Cookie headers that expire each cookie of ours whose name the request brings twice: such a name counts as absent,
// and the browser would go on sending both. They cover the host itself, the configured cookie domain and the domains
// above the host, at "/" and at the folders of the request's path, at most 16 for a name.
std::vector<http::Header> expire_doubled_cookies(const project::Context& ctx, const http::Request& request);

// Puts them before what the response sets itself, so that a new value stays.
void add_first(http::Response& response, const std::vector<http::Header>& headers);

}  // namespace gatehouse::endpoint
