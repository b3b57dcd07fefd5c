#pragma once

#include "platform/http/message.h"
#include "project/project.h"

namespace gatehouse::endpoint {

// What a request's headers say about the page that sent it (Fetch Metadata; Fetch 3.2 for Origin).
enum class Sender { same_origin, unknown, foreign };
Sender judge_sender(const project::Project& project, const http::Request& request);

}  // namespace gatehouse::endpoint
