#include "platform/postgres/url.h"

#include <algorithm>
#include <charconv>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace gatehouse::postgres {

namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::string_view value_of(const Options& options, std::string_view keyword) {
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword && option->val != nullptr) {
      return option->val;
    }
  }
  return "";
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() || (error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535);
}

std::size_t count_of(std::string_view list) { return static_cast<std::size_t>(std::ranges::count(list, ',')) + 1; }

}  // namespace

void check_url(const std::string& url) {
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
    throw std::runtime_error("must be a URL that starts with postgres://");
  }
  const Options options(PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (!options) {
    throw std::runtime_error("must be a URL with nothing but what PostgreSQL's libpq knows");
  }
  std::string_view ports = value_of(options, "port");
  const std::size_t hosts = std::max(count_of(value_of(options, "host")), count_of(value_of(options, "hostaddr")));
  if (count_of(ports) > 1 && count_of(ports) != hosts) {
    throw std::runtime_error("must have one port, or as many as hosts");
  }
  for (bool more = true; more;) {
    const auto comma = ports.find(',');
    if (!is_port(ports.substr(0, comma))) {
      throw std::runtime_error("must have ports from 1 to 65535");
    }
    more = comma != std::string_view::npos;
    ports.remove_prefix(more ? comma + 1 : 0);
  }
}

void check_schema(const std::string& name) {
  static constexpr std::size_t kLongest = 63;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > kLongest || !std::ranges::all_of(name, fits)) {
    throw std::runtime_error("must be a name of 1 to 63 letters, digits, _ and -");
  }
  if (name.starts_with("pg_")) {
    throw std::runtime_error("must not begin with pg_: such names are PostgreSQL's own");
  }
}

}  // namespace gatehouse::postgres
