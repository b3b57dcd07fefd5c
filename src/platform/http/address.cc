#include "platform/http/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

namespace gatehouse::http {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedV4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// inet_pton wants a terminated string; nothing longer than an IPv6 address can be one.
bool read_address(int family, std::string_view text, std::uint8_t* into) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return false;
  }
  std::memcpy(terminated.data(), text.data(), text.size());
  return inet_pton(family, terminated.data(), into) == 1;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  std::ranges::copy(kMappedV4, address.bytes_.begin());
  if (read_address(AF_INET, text, address.bytes_.data() + kMappedV4.size())) {
    return address;
  }
  if (read_address(AF_INET6, text, address.bytes_.data())) {
    return address;
  }
  return std::nullopt;
}

std::string client_network(std::string_view text) {
  constexpr std::size_t kIpv6NetworkBytes = 7;  // a /56
  auto address = IpAddress::parse(text);
  if (!address || address->is_v4()) {
    return address ? address->text() : std::string();
  }
  const auto& bytes = address->bytes();
  return fmt::format("{:02x}/56", fmt::join(bytes.begin(), bytes.begin() + kIpv6NetworkBytes, ""));
}

bool IpAddress::is_v4() const { return std::equal(kMappedV4.begin(), kMappedV4.end(), bytes_.begin()); }

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const bool v4 = is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes_.data() + (v4 ? kMappedV4.size() : 0), out.data(), out.size());
  return out.data();
}

std::optional<Network> Network::parse(std::string_view cidr) {
  const auto slash = cidr.find('/');
  const auto base = IpAddress::parse(cidr.substr(0, slash));
  if (!base) {
    return std::nullopt;
  }
  Network network;
  network.base_ = *base;
  if (slash == std::string_view::npos) {
    return network;
  }
  const std::string_view bits = cidr.substr(slash + 1);
  // Written as IPv4 it counts 32 bits, written as IPv6 (mapped included) 128.
  const int most = cidr.substr(0, slash).find(':') == std::string_view::npos ? 32 : 128;
  int prefix = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
  if (error != std::errc{} || end != bits.data() + bits.size() || bits.front() == '-' || prefix > most) {
    return std::nullopt;
  }
  network.prefix_ = prefix + 128 - most;
  return network;
}

bool Network::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(prefix_ / 8);
  const auto& mine = base_.bytes();
  const auto& other = address.bytes();
  if (std::memcmp(mine.data(), other.data(), whole) != 0) {
    return false;
  }
  const int rest = prefix_ % 8;
  return rest == 0 || ((mine[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& cidrs) {
  for (const std::string& cidr : cidrs) {
    const auto network = Network::parse(cidr);
    if (!network) {
      throw std::invalid_argument("not a network: '" + cidr + "' (expected for example 10.0.0.0/8 or fd00::/8)");
    }
    networks_.push_back(*network);
  }
}

bool TrustedProxies::trusts(const IpAddress& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) { return network.contains(address); });
}

bool names_this_machine(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, std::min(host.find(']'), host.size()) - 1);
  } else if (host.find(':') == host.rfind(':')) {
    host = host.substr(0, host.find(':'));
  }
  if (const auto address = IpAddress::parse(host)) {
    static const TrustedProxies loopback({"127.0.0.0/8", "::1/128"});
    return loopback.trusts(*address);
  }
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace gatehouse::http
