#pragma once

#include <functional>

#include "platform/base/context.h"
#include "platform/base/error.h"
#include "platform/http/request_head.h"

namespace gatehouse::http {

// {"error":{"name","reason","message","code","info"?}} with the kind's status and Retry-After.
Response response_of(const Error& error);

// A request that could not be read: the same shape where the contract has a name for it, else plain text.
Response response_of(const Refusal& refusal);

// What a handler threw; call it inside the catch block. An Error becomes its response, anything else 500 InternalError
// and one line in the log.
Response response_of_current_exception(const Context& ctx);

// The last look at a response before it leaves: its last check, and that its headers can be written.
void check_last(const Context& ctx, Response& response);

// `dress` for this response, and for the one that its last check may put in its place.
void dress_always(Response& response, std::function<void(Response&)> dress);

}  // namespace gatehouse::http
