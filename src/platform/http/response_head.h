#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace gatehouse::http {

std::string_view reason_phrase(int status);

// What of a response's head depends on the request and the connection.
struct ResponseFrame {
  std::string_view request_id;
  std::string_view date;        // IMF-fixdate
  bool head_request = false;    // the body is counted, not sent
  bool close = false;           // "Connection: close"
  bool say_keep_alive = false;  // an HTTP/1.0 client asked for it
};

// False where a header's name or value would end its line: such a response must not be written.
bool is_writable(const Response& response);

// Appends status line and headers: the response's own, the security headers it does not set itself (`Cache-Control:
// no-store` among them), Date, X-Request-Id and Content-Length.
void append_head(std::string& out, const Response& response, const ResponseFrame& frame);

}  // namespace gatehouse::http
