#include "platform/http/forwarded.h"

#include "platform/base/ascii.h"

namespace gatehouse::http {

namespace {

struct Hop {
  std::optional<IpAddress> address;  // nothing: "unknown", an obfuscated name, or what cannot be read
  std::optional<bool> secure;
};

// All values of a list header in the order in which proxies added them.
std::vector<std::string_view> list_of(const std::vector<Header>& headers, std::string_view name) {
  std::vector<std::string_view> items;
  for (const Header& header : headers) {
    if (!equals_ignoring_case(header.name, name)) {
      continue;
    }
    std::string_view rest = header.value;
    do {
      items.push_back(trim(next_part(rest, ',')));
    } while (!rest.empty());
  }
  return items;
}

std::optional<bool> read_scheme(std::string_view scheme) {
  if (equals_ignoring_case(scheme, "https")) {
    return true;
  }
  if (equals_ignoring_case(scheme, "http")) {
    return false;
  }
  return std::nullopt;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// An address with an optional port: 192.0.2.1, 192.0.2.1:80, [2001:db8::1]:80, and 2001:db8::1 (X-Forwarded-For only).
std::optional<IpAddress> read_node(std::string_view node) {
  if (node.starts_with('[')) {
    const auto close = node.find(']');
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view port = node.substr(close + 1);
    if (!port.empty() && !(port.starts_with(':') && is_port(port.substr(1)))) {
      return std::nullopt;
    }
    return IpAddress::parse(node.substr(1, close - 1));
  }
  const auto colon = node.find(':');
  if (colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos) {
    return is_port(node.substr(colon + 1)) ? IpAddress::parse(node.substr(0, colon)) : std::nullopt;
  }
  return IpAddress::parse(node);
}

std::string_view without_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

// One element: for=192.0.2.43;proto=https;by=203.0.113.60. A parameter that comes twice makes it unreadable.
Hop read_element(std::string_view element) {
  Hop hop;
  bool has_for = false;
  bool has_proto = false;
  while (!element.empty()) {
    std::string_view value = trim(next_part(element, ';'));
    const std::string_view name = trim(next_part(value, '='));
    value = without_quotes(trim(value));
    if (equals_ignoring_case(name, "for")) {
      hop.address = has_for ? std::nullopt : read_node(value);
      has_for = true;
    } else if (equals_ignoring_case(name, "proto")) {
      hop.secure = has_proto ? std::nullopt : read_scheme(value);
      has_proto = true;
    }
  }
  return hop;
}

std::vector<Hop> hops_of_forwarded(const std::vector<std::string_view>& elements) {
  std::vector<Hop> hops;
  hops.reserve(elements.size());
  for (const std::string_view element : elements) {
    hops.push_back(read_element(element));
  }
  return hops;
}

// X-Forwarded-Proto is one value for all hops, or one for each.
std::vector<Hop> hops_of_x_forwarded(const std::vector<Header>& headers) {
  const auto addresses = list_of(headers, "X-Forwarded-For");
  const auto schemes = list_of(headers, "X-Forwarded-Proto");
  std::vector<Hop> hops;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    std::optional<bool> secure;
    if (schemes.size() == 1) {
      secure = read_scheme(schemes.front());
    } else if (schemes.size() == addresses.size()) {
      secure = read_scheme(schemes[i]);
    }
    hops.push_back({read_node(addresses[i]), secure});
  }
  return hops;
}

// Nothing where the hops cannot be read up to the client.
std::optional<Hop> client_of(const std::vector<Hop>& hops, const TrustedProxies& trusted) {
  for (std::size_t i = hops.size(); i-- > 0;) {
    const Hop& hop = hops[i];
    if (!hop.address) {
      return std::nullopt;
    }
    if (i == 0 || !trusted.trusts(*hop.address)) {
      return hop;
    }
  }
  return std::nullopt;
}

}  // namespace

Origin origin_of(const IpAddress& peer, bool peer_secure, const std::vector<Header>& headers,
                 const TrustedProxies& trusted) {
  const Origin unforwarded{peer, peer_secure};
  if (!trusted.trusts(peer)) {
    return unforwarded;
  }
  const auto hops = hops_of_x_forwarded(headers);
  const auto other_hops = hops_of_forwarded(list_of(headers, "Forwarded"));
  if (hops.empty() && other_hops.empty()) {
    const auto schemes = list_of(headers, "X-Forwarded-Proto");
    const auto secure = schemes.size() == 1 ? read_scheme(schemes.front()) : std::nullopt;
    return {peer, secure.value_or(peer_secure)};
  }
  const auto client = client_of(hops.empty() ? other_hops : hops, trusted);
  if (!client) {
    return unforwarded;
  }
  if (!hops.empty() && !other_hops.empty()) {
    const auto other = client_of(other_hops, trusted);
    if (!other || *other->address != *client->address) {
      return unforwarded;
    }
  }
  return {*client->address, client->secure.value_or(peer_secure)};
}

}  // namespace gatehouse::http
