#pragma once

#include <functional>
#include <optional>

#include "domain/session/revocations.h"
#include "platform/http/message.h"

namespace gatehouse::endpoint {

// For http::Response::last_check: 503 with Retry-After instead of the answer, where what it stands on does not hold any
// more.
std::function<std::optional<http::Response>()> still_holds(const session::RevocationFeed& revocations,
                                                           session::Ticket ticket);

}  // namespace gatehouse::endpoint
