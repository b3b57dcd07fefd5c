#include <fmt/core.h>

#include "platform/http/ascii.h"
#include "platform/http/message.h"

namespace gatehouse::http {

// RFC 6265 5.4, over all Cookie headers of the request.
std::optional<std::string> Request::cookie(std::string_view name) const {
  std::optional<std::string> found;
  for (const Header& header : headers) {
    if (!equals_ignoring_case(header.name, "Cookie")) {
      continue;
    }
    std::string_view rest = header.value;
    while (!rest.empty()) {
      std::string_view value = trim(next_part(rest, ';'));
      if (trim(next_part(value, '=')) != name) {
        continue;
      }
      if (found) {
        return std::nullopt;
      }
      found = std::string{trim(value)};
    }
  }
  return found;
}

// RFC 6265 4.1
std::string Cookie::to_header() const {
  std::string header = fmt::format("{}={}; Path={}", name, clear ? "" : value, path);
  if (!domain.empty()) {
    header += fmt::format("; Domain={}", domain);
  }
  if (clear) {
    header += "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
  } else if (max_age) {
    header += fmt::format("; Max-Age={}", *max_age);
  }
  if (http_only) {
    header += "; HttpOnly";
  }
  if (secure) {
    header += "; Secure";
  }
  header += fmt::format("; SameSite={}", same_site);
  return header;
}

}  // namespace gatehouse::http
