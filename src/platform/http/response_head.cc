#include "platform/http/response_head.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "platform/base/ascii.h"

namespace gatehouse::http {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr std::array kPhrases{
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{417, "Expectation Failed"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{503, "Service Unavailable"},
};

// Sent unless the response sets them itself. same-origin keeps codes in URLs from other sites without turning the
// Origin header of our own forms into "null".
const std::array default_headers{
    Header{"Cache-Control", "no-store"},
    Header{"X-Content-Type-Options", "nosniff"},
    Header{"Referrer-Policy", "same-origin"},
    Header{"X-Robots-Tag", "noindex, nofollow"},
    // No powerful feature that no page uses.
    Header{"Permissions-Policy",
           "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
           "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"},
};

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

bool is_token_byte(char c) {
  return is_alphanumeric(c) || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

bool is_value_byte(char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t'; }

}  // namespace

std::string_view reason_phrase(int status) {
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == kPhrases.end() ? std::string_view{} : found->text;
}

bool is_writable(const Response& response) {
  return std::ranges::all_of(response.headers, [](const Header& header) {
    return !header.name.empty() && std::ranges::all_of(header.name, is_token_byte) &&
           std::ranges::all_of(header.value, is_value_byte);
  });
}

void append_head(std::string& out, const Response& response, const ResponseFrame& frame) {
  const int status = static_cast<int>(response.status);
  const std::size_t length = response.shared_body ? response.shared_body->size() : response.body.size();
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  for (const Header& header : response.headers) {
    append_header(out, header.name, header.value);
  }
  for (const Header& header : default_headers) {
    if (!response.header(header.name)) {
      append_header(out, header.name, header.value);
    }
  }
  append_header(out, "Date", frame.date);
  append_header(out, "X-Request-Id", frame.request_id);
  if (has_body(status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", length);
  }
  if (frame.close) {
    out += "Connection: close\r\n";
  } else if (frame.say_keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

}  // namespace gatehouse::http
