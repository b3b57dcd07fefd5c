#include "endpoint/oauth/parameters.h"

#include <fmt/format.h>

namespace gatehouse::oauth {

http::Fields with_values(const http::Fields& parameters) {
  http::Fields kept;
  for (const auto& [name, value] : parameters.all()) {
    if (!value.empty()) {
      kept.add(name, value);
    }
  }
  return kept;
}

client::OAuthError wrong(std::string_view parameter, std::string_view what) {
  return client::invalid_request(fmt::format("{}: {}", parameter, what));
}

void check_single(const http::Fields& parameters, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (parameters.count(name) > 1) {
      throw wrong(name, "is given more than once");
    }
  }
}

}  // namespace gatehouse::oauth
