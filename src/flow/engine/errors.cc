#include "flow/engine/errors.h"

#include <boost/json.hpp>

namespace gatehouse::flow {

namespace {

boost::json::object cause(std::string_view kind) { return {{"cause", {{"kind", kind}}}}; }

}  // namespace

Error flow_not_found() {
  return {ErrorKind::not_found, "AuthenticationFlowNotFound", "The flow is not known, has expired or has finished."};
}

Error user_not_found() { return {ErrorKind::not_found, "UserNotFound", "There is no such user."}; }

Error invalid_credentials(std::string_view authentication_type) {
  return {ErrorKind::unauthorized, "InvalidCredentials", "The credentials are not right.",
          boost::json::object{{"AuthenticationType", authentication_type}}};
}

Error invariant_violated(std::string_view kind) {
  return {ErrorKind::invalid, "InvariantViolated", "This would leave the account in a state it must not be in.",
          cause(kind)};
}

Error invalid_otp_code(std::string_view kind) {
  return {ErrorKind::forbidden, "InvalidOTPCode", "The code is not right, or no longer valid.", cause(kind)};
}

Error too_many_failed_otp_attempts() {
  return {ErrorKind::too_many_request, "RateLimited", "Too many wrong codes.",
          boost::json::object{{"bucket_name", "TrackFailedOTPAttemptBucket"}}};
}

Error invalid_flow_definition(std::string_view what) {
  return {ErrorKind::internal_error, "AuthenticationFlowInvalidFlowConfig", std::string(what)};
}

Error with_flow_type(const Error& error, FlowType type) {
  auto info = error.info();
  info["FlowType"] = text(type);
  Error all(error.kind(), error.reason(), error.message(), std::move(info));
  all.with_retry_after(error.retry_after());
  return all;
}

}  // namespace gatehouse::flow
