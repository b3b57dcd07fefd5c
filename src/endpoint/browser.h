#pragma once

#include <string>
#include <string_view>

#include "platform/http/message.h"
#include "project/context.h"

namespace gatehouse::endpoint {

// A browser, known by a cookie that we gave it.
struct Browser {
  std::string cookie;  // 32 Crockford characters
  bool is_new = false;

  std::string hash() const;  // what may be stored
};

// By the cookie of this suffix; a new one where the request brings none, or one of another form.
Browser identify_browser(const project::Context& ctx, const http::Request& request, std::string_view suffix);

}  // namespace gatehouse::endpoint
