#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

// An IP address as 16 bytes; IPv4 and IPv4-mapped IPv6 are the same address.
class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1"; no brackets, no port, no zone.
  static std::optional<IpAddress> parse(std::string_view text);

  std::string text() const;
  bool is_v4() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  bool operator==(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// "10.0.0.0/8", "fd00::/8", or one address.
class Network {
 public:
  static std::optional<Network> parse(std::string_view cidr);
  bool contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  int prefix_ = 128;  // bits of the 16 bytes
};

// Equal for addresses that are taken for one client: an IPv4 address, the /56 of an IPv6 one. Empty for no address.
std::string client_network(std::string_view address);

// The peers whose forwarded headers count.
class TrustedProxies {
 public:
  // Throws std::invalid_argument that names the text which is no network.
  explicit TrustedProxies(const std::vector<std::string>& cidrs);
  bool trusts(const IpAddress& address) const;

 private:
  std::vector<Network> networks_;
};

// Whether a host, with or without a port, is this machine's by name alone: localhost, x.localhost (RFC 6761 6.3), or a
// loopback address.
bool names_this_machine(std::string_view host);

}  // namespace gatehouse::http
