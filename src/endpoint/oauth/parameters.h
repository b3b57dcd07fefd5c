#pragma once

#include <initializer_list>
#include <string_view>

#include "domain/client/oauth_error.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// RFC 6749 3.1, 3.2: a parameter without a value counts as omitted.
http::Fields with_values(const http::Fields& parameters);

// What is wrong with one parameter: invalid_request, its description begins with the name.
client::OAuthError wrong(std::string_view parameter, std::string_view what);

// RFC 6749 3.1, 3.2: no parameter may come twice. Throws OAuthError invalid_request.
void check_single(const http::Fields& parameters, std::initializer_list<std::string_view> names);

}  // namespace gatehouse::oauth
