#pragma once

#include <boost/json.hpp>

#include "domain/model/session.h"
#include "domain/model/user.h"
#include "project/context.h"

// The contract's event models of what a flow changes.
namespace gatehouse::flow {

boost::json::object identity_model(const LoginIdIdentity& identity);
boost::json::object session_model(const project::Context& ctx, const Session& session);

}  // namespace gatehouse::flow
