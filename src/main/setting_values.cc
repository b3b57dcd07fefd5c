#include "main/setting_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "platform/crypto/key_ring.h"
#include "platform/postgres/url.h"
#include "platform/redis/address.h"
#include "project/format.h"

namespace gatehouse::main {
namespace {

namespace asio_ip = boost::asio::ip;

std::string address_of(std::string host) {
  if (host.empty()) {
    return "0.0.0.0";
  }
  if (host == "localhost") {
    return "127.0.0.1";
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  asio_ip::make_address(host, error);
  if (error) {
    throw WrongValue("must be an IP address and a port");
  }
  return host;
}

std::string network_of(const std::string& text) {
  boost::system::error_code error;
  const auto address = asio_ip::make_address(text, error);
  if (!error) {
    return fmt::format("{}/{}", text, address.is_v4() ? 32 : 128);
  }
  if (!project::find_format("x_cidr")->accepts(text)) {
    throw WrongValue("must be networks or addresses, separated by commas");
  }
  return text;
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open(const std::string& path) { return {std::fopen(path.c_str(), "re"), &std::fclose}; }

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Instead of asking at the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Listener parse_listener(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    throw WrongValue("must be an IP address and a port");
  }
  const auto port = parse_whole(text.substr(colon + 1), 0, 65535);
  return {address_of(text.substr(0, colon)), static_cast<std::uint16_t>(port)};
}

bool parse_switch(const std::string& text) {
  static constexpr std::array<std::string_view, 6> kOn{"1", "t", "T", "true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 6> kOff{"0", "f", "F", "false", "False", "FALSE"};
  if (std::ranges::find(kOn, text) != kOn.end()) {
    return true;
  }
  if (std::ranges::find(kOff, text) == kOff.end()) {
    throw WrongValue("must be true or false");
  }
  return false;
}

std::int64_t parse_whole(const std::string& text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    throw WrongValue(fmt::format("must be a whole number from {} to {}", least, most));
  }
  return value;
}

std::vector<std::string> parse_networks(const std::string& text) {
  std::vector<std::string> networks;
  for (std::size_t from = 0; !text.empty() && from <= text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    std::string one = text.substr(from, comma - from);
    std::erase(one, ' ');
    networks.push_back(network_of(one));
    from = comma + 1;
  }
  return networks;
}

log::Level parse_level(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLevels{{{"debug", log::Level::debug},
                                                                                   {"info", log::Level::info},
                                                                                   {"warn", log::Level::warn},
                                                                                   {"error", log::Level::error}}};
  const auto* found = std::ranges::find(kLevels, text, [](const auto& l) { return l.first; });
  if (found == kLevels.end()) {
    throw WrongValue("must be one of debug, info, warn, error");
  }
  return found->second;
}

std::string parse_database_url(const std::string& text) {
  try {
    postgres::check_url(text);
  } catch (const std::runtime_error& e) {  // it never quotes the URL
    throw WrongValue(e.what());
  }
  return text;
}

std::string parse_redis_url(const std::string& text) {
  try {
    redis::parse_address(text);
  } catch (const std::runtime_error& e) {  // it never quotes the URL
    throw WrongValue(e.what());
  }
  return text;
}

std::string parse_http_url(const std::string& text) {
  if (!text.empty() && (!project::is_absolute_uri(text) || !text.starts_with("http"))) {
    throw WrongValue("must be a URL that starts with http:// or https://");
  }
  return text;
}

std::string parse_file(const std::string& text) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(text, error)) {
    throw WrongValue("must be a file that is there");
  }
  if (access(text.c_str(), R_OK) != 0) {
    throw WrongValue("must be a file that this user can read");
  }
  return text;
}

std::string parse_folder(const std::string& text) {
  std::error_code error;
  if (!std::filesystem::is_directory(text, error)) {
    throw WrongValue("must be a folder that is there");
  }
  return text;
}

std::string parse_schema(const std::string& text) {
  try {
    postgres::check_schema(text);
  } catch (const std::runtime_error& e) {
    throw WrongValue(e.what());
  }
  return text;
}

std::string parse_key_ring(const std::string& text) {
  try {
    crypto::KeyRing::parse(content_of(parse_file(text)));
  } catch (const WrongValue&) {
    throw;
  } catch (const std::runtime_error& e) {  // it quotes no key
    throw WrongValue(fmt::format("must hold a key ring, as 'gatehouse master-key --out FILE' makes one; {}", e.what()));
  }
  return text;
}

std::string parse_certificates(const std::string& text) {
  const File file = open(parse_file(text));
  const std::unique_ptr<X509, decltype(&X509_free)> first(PEM_read_X509(file.get(), nullptr, no_password, nullptr),
                                                          &X509_free);
  ERR_clear_error();
  if (!first) {
    throw WrongValue("must hold a certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }
  return text;
}

std::string parse_private_key(const std::string& text) {
  const File file = open(parse_file(text));
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_PrivateKey(file.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
  ERR_clear_error();
  if (!key) {
    throw WrongValue("must hold a private key in PEM (-----BEGIN PRIVATE KEY-----) that needs no password");
  }
  return text;
}

}  // namespace gatehouse::main
