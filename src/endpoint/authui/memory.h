#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "endpoint/authui/browser.h"
#include "platform/base/error.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::authui {

// A refusal as the next page needs it to say what was wrong.
struct Failure {
  std::string reason;
  boost::json::object info;
  int retry_after = 0;

  static Failure of(const Error& error);
};

// What one page tells the next one in the same browser, across the redirect that follows each form. The cookie
// "web_error_token" holds it for the few steps that tabs were at last, sealed, bound to the browser, each valid for
// half an hour. Never holds a password or a code.
struct PageMemory {
  std::string step;      // the state token that it belongs to; empty: any
  std::string login_id;  // as typed
  std::optional<Failure> failure;
  std::string notice;   // key of a text: what went well
  std::string caution;  // key of a text
};

// Empty for a cookie that is absent, foreign, too old or not for this step.
PageMemory recall(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
                  const Browser& browser, std::string_view step);
// In the place of what was remembered for the memory's own step, and for the step `before` that it follows.
void remember(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
              http::Response& response, const Browser& browser, const PageMemory& memory, std::string_view before = {});
// What other steps remember stays.
void forget(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
            http::Response& response, const Browser& browser, std::string_view step);

}  // namespace gatehouse::authui
