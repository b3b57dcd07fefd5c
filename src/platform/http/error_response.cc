#include "platform/http/error_response.h"

#include <boost/core/demangle.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "platform/http/response_head.h"
#include "platform/telemetry/log.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kLongestReason = 300;

Response unexpected(const Context& ctx, std::string type, std::string_view what) {
  log::error("a request failed unexpectedly", {{"request_id", ctx.request_id},
                                               {"exception", std::move(type)},
                                               {"what", std::string{what.substr(0, kLongestReason)}}});
  return response_of(Error(ErrorKind::internal_error, "UnexpectedError", "unexpected error occurred"));
}

}  // namespace

Response response_of(const Error& error) {
  Response response = Response::json(static_cast<Status>(http_status(error.kind())),
                                     boost::json::serialize(boost::json::object{{"error", error.to_json()}}));
  if (error.retry_after() > 0) {
    response.set("Retry-After", std::to_string(error.retry_after()));
  }
  return response;
}

Response response_of(const Refusal& refusal) {
  if (refusal.status == Status::bad_request) {
    return response_of(Error(ErrorKind::bad_request, "BadRequest", refusal.why));
  }
  if (refusal.status == Status::payload_too_large) {
    return response_of(Error(ErrorKind::request_entity_too_large, "RequestEntityTooLarge", refusal.why));
  }
  return Response::text(refusal.status,
                        fmt::format("{}: {}\n", reason_phrase(static_cast<int>(refusal.status)), refusal.why));
}

Response response_of_current_exception(const Context& ctx) {
  try {
    throw;
  } catch (const Error& error) {
    return response_of(error);
  } catch (const std::exception& error) {
    return unexpected(ctx, boost::core::demangle(typeid(error).name()), error.what());
  } catch (...) {
    return unexpected(ctx, "unknown", "");
  }
}

void check_last(const Context& ctx, Response& response) {
  try {
    if (response.last_check) {
      if (auto replacement = response.last_check()) {
        response = std::move(*replacement);
      }
    }
    if (!is_writable(response)) {
      throw std::logic_error("a response header has a byte that no header may have");
    }
  } catch (...) {
    response = response_of_current_exception(ctx);
  }
}

void dress_always(Response& response, std::function<void(Response&)> dress) {
  dress(response);
  if (!response.last_check) {
    return;
  }
  response.last_check = [check = std::move(response.last_check), dress = std::move(dress)]() {
    auto replacement = check();
    if (replacement) {
      dress(*replacement);
    }
    return replacement;
  };
}

}  // namespace gatehouse::http
