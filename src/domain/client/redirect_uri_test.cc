#include "domain/client/redirect_uri.h"

#include "domain/client/oauth_error.h"

namespace gatehouse::client {
namespace {

using project::ApplicationType;

project::OAuthClient client_of(ApplicationType type, std::vector<std::string> uris) {
  project::OAuthClient client;
  client.application_type = type;
  client.redirect_uris = std::move(uris);
  return client;
}

bool accepted(const project::OAuthClient& client, const std::optional<std::string>& requested) {
  try {
    const auto uri = resolve_redirect_uri(client, requested);
    EXPECT_TRUE(!requested || uri == *requested);
    return true;
  } catch (const OAuthError& error) {
    EXPECT_EQ(error.error(), "invalid_request");
    return false;
  }
}

// CVE-2024-52289, CVE-2024-8883, CVE-2020-15234: equal byte for byte, whatever a parser would say
TEST(RedirectUri, lesson_9_lesson_10_lesson_11_is_accepted_only_byte_for_byte) {
  const auto client =
      client_of(ApplicationType::spa, {"https://app.example.com/callback", "com.example.app://callback"});
  EXPECT_TRUE(accepted(client, "https://app.example.com/callback"));
  EXPECT_TRUE(accepted(client, "com.example.app://callback"));
  for (const char* uri : {
           "",
           "https://app.example.com/callback/",
           "https://app.example.com/callback?x=1",
           "https://app.example.com/callback#",
           "https://app.example.com:443/callback",
           "https://APP.example.com/callback",
           "HTTPS://app.example.com/callback",
           "https://app.example.com/Callback",
           "http://app.example.com/callback",
           "https://app.example.com/x/../callback",
           "https://app.example.com/%63allback",
           "https://app.example.com.evil.example/callback",
           "https://app.example.com@evil.example/callback",
           "https://appxexample.com/callback",
           "https://evil.example/?https://app.example.com/callback",
           " https://app.example.com/callback",
           "https://app.example.com/callback\n",
           "https://app.example.com\\@evil.example/callback",
           "//app.example.com/callback",
           "javascript:alert(1)",
       }) {
    EXPECT_FALSE(accepted(client, uri)) << uri;
  }
  EXPECT_FALSE(accepted(client, std::string("https://app.example.com/callback\0", 33)));
}

TEST(RedirectUri, may_be_left_out_where_there_is_exactly_one) {
  EXPECT_TRUE(accepted(client_of(ApplicationType::spa, {"https://a.example/"}), std::nullopt));
  EXPECT_FALSE(accepted(client_of(ApplicationType::spa, {"https://a.example/", "https://b.example/"}), std::nullopt));
  EXPECT_FALSE(accepted(client_of(ApplicationType::spa, {}), std::nullopt));
}

TEST(RedirectUri, of_a_native_client_may_have_any_port_on_the_loopback_literal) {
  const auto client = client_of(ApplicationType::native, {"http://127.0.0.1/callback", "http://[::1]:9000/back?a=b"});
  for (const char* uri : {"http://127.0.0.1/callback", "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback",
                          "http://[::1]:51004/back?a=b", "http://[::1]/back?a=b"}) {
    EXPECT_TRUE(accepted(client, uri)) << uri;
  }
  for (const char* uri : {
           "http://127.0.0.1:0/callback",
           "http://127.0.0.1:65536/callback",
           "http://127.0.0.1:080/callback",
           "http://127.0.0.1:/callback",
           "http://127.0.0.1:80:80/callback",
           "http://127.0.0.1:+80/callback",
           "http://127.0.0.1:1@evil.example/callback",
           "http://127.0.0.1:1\\@evil.example/callback",
           "http://127.0.0.1@evil.example/callback",
           "http://127.0.0.1.evil.example/callback",
           "http://127.0.0.1:51004/callback/",
           "http://127.0.0.1:51004/Callback",
           "http://127.0.0.1:51004/callback#x",
           "http://127.0.0.1:51004",
           "http://127.0.0.2:51004/callback",
           "http://127.1:51004/callback",
           "http://2130706433:51004/callback",
           "http://localhost:51004/callback",
           "https://127.0.0.1:51004/callback",
           "HTTP://127.0.0.1:51004/callback",
           "http://[::1]:51004/callback",
           "http://[0:0:0:0:0:0:0:1]:51004/back?a=b",
       }) {
    EXPECT_FALSE(accepted(client, uri)) << uri;
  }
}

TEST(RedirectUri, of_other_clients_knows_no_loopback_exception) {
  for (const auto type : {ApplicationType::spa, ApplicationType::traditional_webapp, ApplicationType::confidential,
                          ApplicationType::third_party_app, ApplicationType::unspecified}) {
    EXPECT_FALSE(accepted(client_of(type, {"http://127.0.0.1:80/callback"}), "http://127.0.0.1:81/callback"));
  }
}

TEST(PostLogoutRedirectUri, is_the_clients_own_byte_for_byte) {
  project::OAuthClient client;
  client.redirect_uris = {"https://app.example.com/callback"};
  client.post_logout_redirect_uris = {"https://app.example.com/bye"};
  EXPECT_TRUE(is_post_logout_redirect_uri(client, "https://app.example.com/bye"));
  EXPECT_FALSE(is_post_logout_redirect_uri(client, "https://app.example.com/bye?"));
  EXPECT_FALSE(is_post_logout_redirect_uri(client, "https://app.example.com/callback"));
  EXPECT_FALSE(is_post_logout_redirect_uri(client, ""));
}

}  // namespace
}  // namespace gatehouse::client
