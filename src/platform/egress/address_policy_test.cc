#include "platform/egress/address_policy.h"

#include <stdexcept>

namespace gatehouse::egress {
namespace {

bool permits(const char* address, const std::vector<std::string>& allow = {}) {
  return AddressPolicy(allow).permits(boost::asio::ip::make_address(address));
}

}  // namespace

TEST(EgressAddresses, public_ones_may_be_reached) {
  for (const char* address : {"1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255",
                              "100.128.0.0", "169.253.255.255", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
                              "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(permits(address)) << address;
  }
}

TEST(EgressAddresses, private_local_and_special_ones_may_not_in_any_form) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:0.0.0.0",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::1",
                              "2002:7f00:1::",
                              "2002:c0a8:101::1",
                              "fe80::1",
                              "fe80::1%1",
                              "fec0::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "ff02::1",
                              "2001:db8::1",
                              "2001::1",
                              "3fff::1",
                              "100::1"}) {
    EXPECT_FALSE(permits(address)) << address;
  }
}

TEST(EgressAddresses, what_the_operator_lists_may_be_reached_and_nothing_else) {
  EXPECT_TRUE(permits("127.0.0.1", {"127.0.0.0/8"}));
  EXPECT_TRUE(permits("::ffff:127.0.0.1", {"127.0.0.0/8"}));
  EXPECT_TRUE(permits("::1", {"::1"}));
  EXPECT_FALSE(permits("::1", {"127.0.0.0/8"}));
  EXPECT_TRUE(permits("10.2.3.4", {"192.168.0.0/16", "10.2.0.0/16"}));
  EXPECT_FALSE(permits("10.3.0.1", {"10.2.0.0/16"}));
  EXPECT_TRUE(permits("fd00::5", {"fd00::/8"}));
  EXPECT_FALSE(permits("fe80::5", {"fd00::/8"}));
  EXPECT_TRUE(permits("10.0.0.7", {"10.0.0.7"}));
  EXPECT_FALSE(permits("10.0.0.8", {"10.0.0.7"}));
}

TEST(EgressAddresses, a_wrong_range_is_named) {
  EXPECT_THAT([] { AddressPolicy({"10.0.0.0/8", "localhost"}); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("'localhost'")));
}

}  // namespace gatehouse::egress
