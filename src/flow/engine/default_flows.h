#pragma once

#include <string_view>

#include "flow/engine/definition.h"
#include "platform/base/error.h"
#include "project/config.h"

namespace gatehouse::flow {

// The flow of that type and name: the built-in ones, derived from the project's settings, are called "default".
// Throws Error BadRequest/AuthenticationFlowUnknownFlow for no type of the contract,
// NotFound/AuthenticationFlowFlowNotFound for a flow that the project does not have.
Definition define_flow(const project::Config& config, std::string_view type, std::string_view name);

}  // namespace gatehouse::flow
