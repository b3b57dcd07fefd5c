#pragma once

#include <string_view>

#include "platform/http/message.h"
#include "project/project.h"

namespace gatehouse::endpoint {

// Whether scripts of this origin may read the project's answers with credentials: http.allowed_origins (exact, or with
// a leading "*." label) and the origins of the clients' redirect URIs.
bool origin_allowed(const project::Project& project, std::string_view origin);

// Whether it is one of the project's own: its public origin, http.allowed_origins, and the origins of clients that are
// not somebody else's.
bool is_first_party_origin(const project::Project& project, std::string_view origin);

// Adds the CORS headers (Fetch Standard 3.2) that the request's Origin calls for; empty: it has none.
void allow_origin(const project::Project& project, std::string_view origin, http::Response& response);

// The answer to a preflight request.
http::Response preflight(const project::Project& project, const http::Request& request, std::string_view methods);

}  // namespace gatehouse::endpoint
