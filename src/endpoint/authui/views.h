#pragma once

#include <boost/json.hpp>

#include "endpoint/authui/visit.h"
#include "flow/runner.h"

namespace gatehouse::authui {

// The values of the page that shows this step (`page` as in StepPage).
boost::json::object view_of(const Services& services, project::Context& ctx, const http::Request& request,
                            const Visit& visit, const flow::Reply& reply, std::string_view page);

// The page of an account that cannot sign in; nothing for every other failure.
std::optional<endpoint::Problem> account_problem(const Failure& failure);

}  // namespace gatehouse::authui
