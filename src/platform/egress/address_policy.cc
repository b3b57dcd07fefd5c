#include "platform/egress/address_policy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace gatehouse::egress {

namespace {

namespace ip = boost::asio::ip;

// IANA's special-purpose registry: nothing in here is somebody's public server.
constexpr std::array kSpecialV4{
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
};
constexpr std::array kSpecialV6{"2001::/23", "2001:db8::/32", "3fff::/20"};
constexpr const char* kGlobalUnicast = "2000::/3";
constexpr const char* kNat64 = "64:ff9b::/96";
constexpr const char* k6to4 = "2002::/16";

template <class Network, class Address>
bool within(const Network& network, const Address& address) {
  return Network(address, network.prefix_length()).canonical() == network.canonical();
}

template <std::size_t N>
std::vector<ip::network_v4> networks_v4(const std::array<const char*, N>& texts) {
  std::vector<ip::network_v4> networks;
  std::ranges::transform(texts, std::back_inserter(networks),
                         [](const char* text) { return ip::make_network_v4(text); });
  return networks;
}

bool special(const ip::address_v4& address) {
  static const auto networks = networks_v4(kSpecialV4);
  return std::ranges::any_of(networks, [&](const auto& network) { return within(network, address); });
}

bool special(const ip::address_v6& address) {
  static const auto global = ip::make_network_v6(kGlobalUnicast);
  return !within(global, address) ||
         std::ranges::any_of(kSpecialV6, [&](const char* text) { return within(ip::make_network_v6(text), address); });
}

ip::address_v4 bytes_to_v4(const ip::address_v6::bytes_type& bytes, std::size_t at) {
  return ip::address_v4(ip::address_v4::bytes_type{bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

// The IPv4 address that this one leads to, if it does.
std::optional<ip::address_v4> carried(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  if (address.is_v4_mapped() || within(ip::make_network_v6(kNat64), address)) {
    return bytes_to_v4(bytes, 12);
  }
  if (within(ip::make_network_v6(k6to4), address)) {
    return bytes_to_v4(bytes, 2);
  }
  return std::nullopt;
}

}  // namespace

AddressPolicy::AddressPolicy(const std::vector<std::string>& allow) {
  for (const auto& text : allow) {
    const bool has_prefix = text.find('/') != std::string::npos;
    boost::system::error_code not_v4;
    boost::system::error_code not_v6;
    const auto v4 = ip::make_network_v4(has_prefix ? text : text + "/32", not_v4);
    const auto v6 = ip::make_network_v6(has_prefix ? text : text + "/128", not_v6);
    if (not_v4 && not_v6) {
      throw std::runtime_error("'" + text + "' is not an address range; a right one is 10.0.0.0/8 or fd00::/8");
    }
    if (not_v4) {
      allow_v6_.push_back(v6.canonical());
    } else {
      allow_v4_.push_back(v4.canonical());
    }
  }
}

bool AddressPolicy::listed(const ip::address_v4& address) const {
  return std::ranges::any_of(allow_v4_, [&](const auto& network) { return within(network, address); });
}

bool AddressPolicy::listed(const ip::address_v6& address) const {
  return std::ranges::any_of(allow_v6_, [&](const auto& network) { return within(network, address); });
}

bool AddressPolicy::permits_v4(const ip::address_v4& address) const { return listed(address) || !special(address); }

bool AddressPolicy::permits_v6(const ip::address_v6& address) const {
  if (listed(address)) {
    return true;
  }
  if (const auto inner = carried(address)) {
    return permits_v4(*inner);
  }
  return address.scope_id() == 0 && !special(address);
}

bool AddressPolicy::permits(const ip::address& address) const {
  return address.is_v4() ? permits_v4(address.to_v4()) : permits_v6(address.to_v6());
}

}  // namespace gatehouse::egress
