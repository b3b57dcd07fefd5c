#pragma once

#include <string>
#include <string_view>

#include "flow/engine/vocabulary.h"
#include "platform/base/error.h"

// What the engine refuses with; reasons and info are contract.
namespace gatehouse::flow {

Error flow_not_found();                                           // NotFound/AuthenticationFlowNotFound
Error user_not_found();                                           // NotFound/UserNotFound
Error invalid_credentials(std::string_view authentication_type);  // Unauthorized/InvalidCredentials
Error invariant_violated(std::string_view cause);                 // Invalid/InvariantViolated
Error invalid_otp_code(std::string_view cause);                   // Forbidden/InvalidOTPCode
Error too_many_failed_otp_attempts();                             // TooManyRequest/RateLimited
Error invalid_flow_definition(std::string_view what);             // InternalError/AuthenticationFlowInvalidFlowConfig

// The same error with info.FlowType, which every error raised inside a flow has.
Error with_flow_type(const Error& error, FlowType type);

}  // namespace gatehouse::flow
