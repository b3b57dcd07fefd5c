#include "platform/redis/address.h"

#include <charconv>
#include <stdexcept>

#include <boost/url.hpp>
#include <fmt/format.h>

namespace gatehouse::redis {

namespace {

constexpr int kMostDatabases = 1'000'000;
constexpr int kHighestPort = 65'535;

int parse_database(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > kMostDatabases) {
    throw std::runtime_error("must have a number from 0 as its database, as in redis://redis.example.com:6379/0");
  }
  return number;
}

std::string port_of(std::string text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > kHighestPort) {
    throw std::runtime_error("must have a port from 1 to 65535");
  }
  return text;
}

Address parse_unix(const boost::urls::url_view& url) {
  Address address;
  address.socket_path = url.path();
  if (address.socket_path.empty()) {
    throw std::runtime_error("must have the path of a socket after unix://, as in unix:///run/redis.sock?db=0");
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
    throw std::runtime_error("must have a host, as in redis://redis.example.com:6379/0");
  }
  if (!url.port().empty()) {
    address.port = port_of(url.port());
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
    throw std::runtime_error("must be a URL, as in redis://redis.example.com:6379/0");
  }
  Address address;
  if (url->scheme() == "unix") {
    address = parse_unix(*url);
  } else if (url->scheme() == "redis" || url->scheme() == "rediss") {
    address = parse_network(*url, url->scheme() == "rediss");
  } else {
    throw std::runtime_error("must be a URL that starts with redis://, rediss:// or unix://");
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
