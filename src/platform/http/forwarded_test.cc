#include "platform/http/forwarded.h"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

const TrustedProxies& proxies() {
  static const TrustedProxies trusted({"10.0.0.0/8", "::1/128", "fd00::/8", "192.0.2.7"});
  return trusted;
}

std::string client(std::string_view peer, std::vector<Header> headers) {
  return origin_of(ip(peer), false, headers, proxies()).client.text();
}

TEST(IpAddress, reads_what_is_an_address_and_nothing_else) {
  for (const char* good : {"0.0.0.0", "192.0.2.1", "::", "::1", "2001:db8::1", "fe80::1"}) {
    EXPECT_EQ(ip(good).text(), good);
  }
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4", "0x7f.1",
                          "1.2.3.4/8", "[::1]", "::1%lo", ":::", "g::1", "localhost"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view{"1.2.3.4\0", 8}));
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
}

TEST(Network, contains_what_shares_its_prefix) {
  EXPECT_TRUE(Network::parse("10.0.0.0/8")->contains(ip("10.255.255.255")));
  EXPECT_FALSE(Network::parse("10.0.0.0/8")->contains(ip("11.0.0.0")));
  EXPECT_TRUE(Network::parse("10.0.0.0/8")->contains(ip("::ffff:10.1.1.1")));
  EXPECT_FALSE(Network::parse("10.0.0.0/8")->contains(ip("a00::1")));
  EXPECT_TRUE(Network::parse("192.0.2.128/25")->contains(ip("192.0.2.129")));
  EXPECT_FALSE(Network::parse("192.0.2.128/25")->contains(ip("192.0.2.127")));
  EXPECT_TRUE(Network::parse("0.0.0.0/0")->contains(ip("8.8.8.8")));
  EXPECT_FALSE(Network::parse("0.0.0.0/0")->contains(ip("2001:db8::1")));
  EXPECT_TRUE(Network::parse("::/0")->contains(ip("2001:db8::1")));
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "::/129", "ten/8", ""}) {
    EXPECT_FALSE(Network::parse(bad)) << bad;
  }
}

TEST(ClientNetwork, is_one_text_for_an_ipv4_address_or_the_56_of_an_ipv6_one) {
  EXPECT_EQ(client_network("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client_network("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client_network("2001:db8:0:ff::1"), "20010db8000000/56");
  EXPECT_EQ(client_network("2001:db8:0:ff:8::2"), client_network("2001:db8::1"));
  EXPECT_NE(client_network("2001:db8:0:100::1"), client_network("2001:db8::1"));
  EXPECT_EQ(client_network("nonsense"), "");
}

TEST(NamesThisMachine, is_so_for_localhost_and_loopback_addresses) {
  for (const char* here : {"localhost", "localhost:3000", "app.localhost:80", "127.0.0.1", "127.1.2.3:3000", "[::1]",
                           "[::1]:3000", "::1", "[::ffff:127.0.0.1]"}) {
    EXPECT_TRUE(names_this_machine(here)) << here;
  }
  for (const char* elsewhere : {"", "auth.example.com", "auth.example.com:3000", "localhost.example.com",
                                "notlocalhost", "10.0.0.1:3000", "[2001:db8::1]:3000", "[", "gatehouse"}) {
    EXPECT_FALSE(names_this_machine(elsewhere)) << elsewhere;
  }
}

TEST(TrustedProxies, say_which_text_is_no_network) {
  EXPECT_THROW(TrustedProxies({"10.0.0.0/8", "proxy.internal"}), std::invalid_argument);
}

TEST(Forwarded, headers_of_a_peer_that_is_not_trusted_are_ignored) {
  EXPECT_EQ(client("203.0.113.9", {{"X-Forwarded-For", "1.2.3.4"}}), "203.0.113.9");
  EXPECT_EQ(client("203.0.113.9", {{"Forwarded", "for=1.2.3.4;proto=https"}}), "203.0.113.9");
  EXPECT_FALSE(origin_of(ip("203.0.113.9"), false, {{"X-Forwarded-Proto", "https"}}, proxies()).secure);
}

TEST(Forwarded, the_rightmost_hop_that_is_no_proxy_is_the_client) {
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.2"}}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "203.0.113.9"}}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 192.0.2.7"}}), "6.6.6.6");
  EXPECT_EQ(client("::1", {{"Forwarded", "for=6.6.6.6, for=\"[2001:db8::9]:4711\";proto=https, For=10.0.0.3"}}),
            "2001:db8::9");
}

TEST(Forwarded, the_leftmost_is_the_client_where_all_are_proxies) {
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "10.0.0.9, 10.0.0.2"}}), "10.0.0.9");
}

TEST(Forwarded, an_address_may_carry_a_port) {
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9:55555"}}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "[2001:db8::1]:80"}}), "2001:db8::1");
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "2001:db8::1"}}), "2001:db8::1");
}

// CVE-2024-47070 (Authentik): a header that could not be read skipped the password.
TEST(Forwarded, what_cannot_be_read_up_to_the_client_falls_back_to_the_peer) {
  for (const char* value : {"", ",", "unknown", "_hidden", "1.2.3.4, ", "1.2.3.4, nonsense", "999.1.1.1",
                            "1.2.3.4:port", "1.2.3.4:", "[::1", "[::1]x", "1.2.3.4 5.6.7.8", "1.2.3.4;5.6.7.8",
                            "\"1.2.3.4\"", "1.2.3.4\xff", "<script>", "::ffff:1.2.3"}) {
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", value}}), "10.0.0.1") << value;
  }
  for (const char* value : {"", "for", "for=", "for=unknown", "for=_a", "for=1.2.3.4;for=5.6.7.8", "by=1.2.3.4",
                            "for=\"[::1\"", "for=1.2.3.4, for=x", "host=evil.example", "=1.2.3.4"}) {
    EXPECT_EQ(client("10.0.0.1", {{"Forwarded", value}}), "10.0.0.1") << value;
  }
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "nonsense, 203.0.113.9"}}), "203.0.113.9")
      << "what lies left of the client does not matter";
}

TEST(Forwarded, a_long_chain_of_proxies_hides_nobody) {
  std::string chain = "203.0.113.9";
  for (int i = 0; i < 40; ++i) {
    chain += ", 10.0.0.2";
  }
  EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", chain}}), "203.0.113.9");
}

// A proxy that writes one of the two lets the client's own other one through.
TEST(Forwarded, two_headers_that_disagree_say_nothing) {
  EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "203.0.113.9"}}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=203.0.113.9"}, {"X-Forwarded-For", "6.6.6.6"}}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=127.0.0.1"}, {"X-Forwarded-For", "nonsense"}}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=unknown"}, {"X-Forwarded-For", "203.0.113.9"}}), "10.0.0.1");
}

TEST(Forwarded, two_headers_that_agree_say_it) {
  EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=203.0.113.9, for=10.0.0.2"}, {"X-Forwarded-For", "203.0.113.9"}}),
            "203.0.113.9");
}

TEST(Forwarded, the_scheme_comes_from_the_hop_of_the_client) {
  const auto secure = [](std::vector<Header> headers) {
    return origin_of(ip("10.0.0.1"), false, headers, proxies()).secure;
  };
  EXPECT_TRUE(secure({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(secure({{"X-Forwarded-For", "1.2.3.4, 10.0.0.2"}, {"X-Forwarded-Proto", "HTTPS, http"}}));
  EXPECT_FALSE(secure({{"X-Forwarded-For", "1.2.3.4, 10.0.0.2"}, {"X-Forwarded-Proto", "http, https"}}));
  EXPECT_FALSE(secure({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "https, https"}}));
  EXPECT_FALSE(secure({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "ftp"}}));
  EXPECT_TRUE(secure({{"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(secure({{"Forwarded", "for=1.2.3.4;proto=https"}}));
  EXPECT_FALSE(secure({{"Forwarded", "for=1.2.3.4;proto=https;proto=http"}}));
}

}  // namespace
}  // namespace gatehouse::http
