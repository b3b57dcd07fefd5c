#include "project/format.h"

#include <initializer_list>

#include <gtest/gtest.h>

namespace gatehouse::project {
namespace {

struct Case {
  const char* format;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

void expect_accepted_as_listed(std::initializer_list<Case> table) {
  for (const auto& [name, good, bad] : table) {
    const Format* format = find_format(name);
    ASSERT_NE(format, nullptr) << name;
    for (const auto& text : good) {
      EXPECT_TRUE(format->accepts(text)) << name << ": " << text;
    }
    for (const auto& text : bad) {
      EXPECT_FALSE(format->accepts(text)) << name << ": " << text;
    }
  }
}

TEST(Format, uris_and_addresses_are_accepted_as_the_contract_accepts_them) {
  expect_accepted_as_listed({
      {"uri",
       {"https://app.example.com", "https://app.example.com/", "https://a.example/cb/x?y=1#z",
        "com.example.app://host/path", "http://localhost:4000/callback/", "http://[::1]:80/x"},
       {"", "/path", "app.example.com", "https://", "com.example:callback", "https://a.example/../x",
        "https://a.example//x", "https://a.example/./x", "https://a b.example", "https://a.example/%zz"}},
      {"http_origin",
       {"https://auth.example.com", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000"},
       {"https://auth.example.com/", "ftp://a.example", "https://u@a.example", "https://a.example?x",
        "https://a.example#x", "auth.example.com", "https://", "https://a.example:99999", "https://a.example:0"}},
      {"http_origin_spec",
       {"https://app.example.com", "https://*.example.com", "*.example.com", "*", "localhost:3000",
        "http://127.0.0.1:80"},
       {"", "https://a.example/x", "https://a.*.example", "a.example:", "a.example:99999", "ftp://a.example",
        "a..example"}},
      {"email",
       {"a@example.com", "a.b+c@example.com", "\"a b\"@example.com", "<a@example.com>", "\u00fc@example.com"},
       {"", "a", "@example.com", "a@", "a..b@example.com", "a b@example.com", "A <a@example.com>", "a@b@example.com"}},
      {"email-name-addr",
       {"a@example.com", "Example <a@example.com>", "\"Example, Inc.\" <a@example.com>", "<a@example.com>"},
       {"", "Example", "Example a@example.com", "Example <a>", "Exa<mple <a@example.com>", "A, B <a@example.com>"}},
      {"x_hook_uri",
       {"https://hook.example.com/x", "http://127.0.0.1:5000/", "authgeardeno:///deno/x.ts"},
       {"authgeardeno://host/x.ts", "ftp://a.example/x", "/x", "authgeardeno:///../x"}},
      {"x_public_https_url",
       {"https://cdn.example.com/logo.png"},
       {"http://cdn.example.com/logo.png", "https://127.0.0.1/x", "https://localhost/x", "https://10.0.0.1",
        "https://[::1]/x", "https://intranet/x", "https://a.localhost/x", "https://u@cdn.example.com/x"}},
      {"x_cidr", {"192.0.2.0/24", "2001:db8::/32", "192.0.2.1/32"}, {"192.0.2.0", "192.0.2.0/33", "x/8", ""}},
      {"ldap_url",
       {"ldap://ldap.example.com", "ldaps://ldap.example.com:636"},
       {"http://a.example", "ldap://a.example/dc=x"}},
  });
}

TEST(Format, texts_with_a_grammar_are_accepted_as_the_contract_accepts_them) {
  expect_accepted_as_listed({
      {"bcp47", {"en", "zh-Hant-HK", "pt-BR", "sr-Latn"}, {"", "zh-hant-hk", "EN", "en_US", "english language", "x"}},
      {"date-time",
       {"2027-01-31T12:00:00Z", "2027-01-31T12:00:00.123+08:00"},
       {"2027-01-31", "2027-01-31 12:00:00Z", "2027-13-01T00:00:00Z", "2027-01-31T12:00:00"}},
      {"x_colour",
       {"#0b5f5b", "#ABC"},
       {"", "#", "red", "#12345", "#1234567", "#ggg", "url(x)", "red;}</style><script>"}},
      {"json-pointer", {"", "/email", "/a~1b~0"}, {"email", "/a~2", "/a~"}},
      {"x_duration_string", {"1m", "24h"}, {"", "0s", "-1m", "5", "1d"}},
      {"x_custom_attribute_pointer", {"/a", "/hobby", "/a_1"}, {"", "/", "a", "/a/b", "/1a", "/a_", "/A", "/a-b"}},
      {"x_re2_regex", {"^a+$", ""}, {"(", "a{2000}", "(?=x)"}},
      {"x_x509_certificate_pem", {}, {"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}},
      {"x_text_template", {"{{ .sub }}", "x"}, {"{{", "}}", "{{ }}"}},
      {"ldap_dn", {"dc=example,dc=com", "cn=a\\,b, dc=x"}, {"", "example", "=x", "dc=a,b"}},
      {"ldap_search_filter_template",
       {"(uid={{.Username}})", "(|(a=1)(b={{ .Username }}))"},
       {"", "uid=x", "(uid=x", "({{)"}},
      {"ldap_attribute_name", {"uid", "entry-1"}, {"", "1a", "a b"}},
  });
}

TEST(Format, identifiers_of_others_are_accepted_as_the_contract_accepts_them) {
  expect_accepted_as_listed({
      {"wechat_account_id", {"gh_1"}, {"x"}},
      {"google_tag_manager_container_id", {"GTM-1"}, {"x"}},
      {"x_web3_network_id", {"ethereum:0x0@1"}, {"ethereum:0x1@1", "x"}},
      {"x_web3_contract_id", {"ethereum:0xabc@1"}, {"ethereum", "x"}},
  });
}

TEST(Format, one_that_nobody_knows_is_none) { EXPECT_EQ(find_format("x_unheard_of"), nullptr); }

}  // namespace
}  // namespace gatehouse::project
