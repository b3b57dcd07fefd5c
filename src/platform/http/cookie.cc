#include <fmt/core.h>

#include "platform/base/ascii.h"
#include "platform/http/message.h"

namespace gatehouse::http {

namespace {

// RFC 6265 5.4, over all Cookie headers of the request.
std::vector<std::string_view> values_of(const Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Header& header : request.headers) {
    if (!equals_ignoring_case(header.name, "Cookie")) {
      continue;
    }
    std::string_view rest = header.value;
    while (!rest.empty()) {
      std::string_view value = trim(next_part(rest, ';'));
      if (trim(next_part(value, '=')) == name) {
        values.push_back(trim(value));
      }
    }
  }
  return values;
}

}  // namespace

std::optional<std::string> Request::cookie(std::string_view name) const {
  const auto values = values_of(*this, name);
  return values.size() == 1 ? std::optional<std::string>{values.front()} : std::nullopt;
}

std::size_t Request::count_cookie(std::string_view name) const { return values_of(*this, name).size(); }

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
