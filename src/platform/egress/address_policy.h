#pragma once

#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace gatehouse::egress {

// Which addresses may be connected to: all of the public Internet, and of the rest what the operator lists. An IPv6
// address that carries an IPv4 one (mapped, NAT64, 6to4) is judged by what it carries.
class AddressPolicy {
 public:
  // CIDRs or single addresses; throws std::runtime_error that names the wrong one.
  explicit AddressPolicy(const std::vector<std::string>& allow);

  bool permits(const boost::asio::ip::address& address) const;

 private:
  bool listed(const boost::asio::ip::address_v4& address) const;
  bool listed(const boost::asio::ip::address_v6& address) const;
  bool permits_v4(const boost::asio::ip::address_v4& address) const;
  bool permits_v6(const boost::asio::ip::address_v6& address) const;

  std::vector<boost::asio::ip::network_v4> allow_v4_;
  std::vector<boost::asio::ip::network_v6> allow_v6_;
};

}  // namespace gatehouse::egress
