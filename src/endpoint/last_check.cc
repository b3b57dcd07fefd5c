#include "endpoint/last_check.h"

#include "platform/http/error_response.h"

namespace gatehouse::endpoint {

std::function<std::optional<http::Response>()> still_holds(const session::RevocationFeed& revocations,
                                                           session::Ticket ticket) {
  return [&revocations, ticket = std::move(ticket)]() -> std::optional<http::Response> {
    if (revocations.holds(ticket)) {
      return std::nullopt;
    }
    return http::response_of(unavailable("it is not certain that this is still valid; try again"));
  };
}

}  // namespace gatehouse::endpoint
