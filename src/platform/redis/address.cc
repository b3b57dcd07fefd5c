#include "platform/redis/address.h"

#include <charconv>
#include <stdexcept>

#include <boost/url.hpp>
#include <fmt/format.h>

namespace gatehouse::redis {

namespace {

constexpr int kMostDatabases = 1'000'000;

int parse_database(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > kMostDatabases) {
    throw std::runtime_error("Redis URL: the database is not a number");
  }
  return number;
}

Address parse_unix(const boost::urls::url_view& url) {
  Address address;
  address.socket_path = url.path();
  if (address.socket_path.empty()) {
    throw std::runtime_error("Redis URL: unix:// needs the path of a socket, such as unix:///run/redis.sock?db=0");
  }
  for (const auto& parameter : url.params()) {
    if (parameter.key == "db") {
      address.database = parse_database(parameter.value);
    }
  }
  return address;
}

Address parse_network(const boost::urls::url_view& url, bool tls) {
  Address address;
  address.tls = tls;
  address.host = url.host_address();
  if (address.host.empty()) {
    throw std::runtime_error("Redis URL: no host; a right one is redis://redis.example.com:6379/0");
  }
  if (!url.port().empty()) {
    address.port = url.port();
  }
  if (const std::string path = url.path(); path.size() > 1) {
    address.database = parse_database(std::string_view(path).substr(1));
  }
  return address;
}

}  // namespace

std::string Address::describe() const { return socket_path.empty() ? fmt::format("{}:{}", host, port) : socket_path; }

Address parse_address(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url) {
    throw std::runtime_error("Redis URL: not a URL; a right one is redis://redis.example.com:6379/0");
  }
  Address address;
  if (url->scheme() == "unix") {
    address = parse_unix(*url);
  } else if (url->scheme() == "redis" || url->scheme() == "rediss") {
    address = parse_network(*url, url->scheme() == "rediss");
  } else {
    throw std::runtime_error("Redis URL: the scheme must be redis, rediss or unix");
  }
  address.username = url->user();
  address.password = url->password();
  return address;
}

std::string encode_command(const std::vector<std::string>& words) {
  std::size_t size = 16;
  for (const auto& word : words) {
    size += word.size() + 16;
  }
  std::string wire;
  wire.reserve(size);
  fmt::format_to(std::back_inserter(wire), "*{}\r\n", words.size());
  for (const auto& word : words) {
    fmt::format_to(std::back_inserter(wire), "${}\r\n", word.size());
    wire += word;
    wire += "\r\n";
  }
  return wire;
}

}  // namespace gatehouse::redis
