#pragma once

#include <optional>
#include <string>

#include "platform/http/message.h"
#include "project/project.h"

namespace gatehouse::endpoint {

// What a request's headers say about the page that sent it (Fetch Metadata; Fetch 3.2 for Origin).
enum class Sender { same_origin, unknown, foreign };
Sender judge_sender(const project::Project& project, const http::Request& request);

// Whether a page of another site posted this, so that our SameSite=Lax cookies stayed behind.
bool lacks_cookies(const project::Project& project, const http::Request& request);

// The URL of the same request by GET, with the parameters as they were sent: a browser that is redirected to it brings
// the cookies. Nothing where it would be longer than 8 KiB.
std::optional<std::string> url_by_get(const project::Project& project, const http::Request& request,
                                      const http::Fields& parameters);

}  // namespace gatehouse::endpoint
