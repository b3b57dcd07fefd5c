#include "domain/client/oauth_error.h"
#include "endpoint/oauth/authorization_request.h"
#include "endpoint/oauth/parameters.h"
#include "endpoint/oauth/token_request.h"
#include "platform/crypto/encoding.h"

namespace gatehouse::oauth {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

project::OAuthClient confidential_client() {
  project::OAuthClient client;
  client.client_id = ClientId{"server"};
  client.application_type = project::ApplicationType::confidential;
  client.redirect_uris = {"https://app.example/cb"};
  return client;
}

// What a strict client sends, with one parameter in another's place.
http::Fields parameters_with(const std::string& name, const std::string& value) {
  http::Fields fields(Pairs{{"client_id", "server"}, {"response_type", "code"}, {"scope", "openid"}});
  http::Fields changed;
  for (const auto& [key, old] : fields.all()) {
    if (key != name) {
      changed.add(key, old);
    }
  }
  changed.add(name, value);
  return changed;
}

AuthorizationRequest read(const http::Fields& fields) {
  static const auto client = confidential_client();
  return authorization_request(fields, {&client, "https://app.example/cb", "s"});
}

std::string error_of(const http::Fields& fields) {
  try {
    read(fields);
    return "";
  } catch (const client::OAuthError& error) {
    return error.error();
  }
}

http::Request request_with(std::string authorization, std::string body) {
  http::Request request;
  request.method = http::Method::post;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (!authorization.empty()) {
    request.headers.push_back({"Authorization", std::move(authorization)});
  }
  request.body = std::move(body);
  return request;
}

client::ClientCredentials credentials(const http::Request& request) {
  return client_credentials(request, token_form(request, {}));
}

int refused_with(const http::Request& request) {
  try {
    credentials(request);
    return 0;
  } catch (const client::OAuthError& error) {
    return error.status();
  }
}

TEST(OAuthParameters, without_a_value_count_as_omitted) {
  const auto kept = with_values(http::Fields(Pairs{{"a", ""}, {"b", "1"}, {"a", "2"}, {"c", ""}}));
  EXPECT_EQ(kept.all(), (Pairs{{"b", "1"}, {"a", "2"}}));
}

TEST(OAuthParameters, may_not_come_twice) {
  EXPECT_NO_THROW(check_single(http::Fields(Pairs{{"a", "1"}, {"b", "1"}, {"b", "2"}}), {"a", "c"}));
  EXPECT_THROW(check_single(http::Fields(Pairs{{"b", "1"}, {"b", "2"}}), {"a", "b"}), client::OAuthError);
}

TEST(AuthorizationRequest, reads_max_age_of_any_size_without_overflow) {
  EXPECT_EQ(read(parameters_with("max_age", "0")).max_age, Seconds{0});
  EXPECT_EQ(read(parameters_with("max_age", "3600")).max_age, Seconds{3600});
  for (const char* huge : {"9223372036854775807", "99999999999999999999999"}) {
    const auto age = read(parameters_with("max_age", huge)).max_age;
    ASSERT_TRUE(age);
    EXPECT_GT(TimePoint{} + *age, TimePoint{});
  }
  for (const char* wrong : {"-1", "+1", "1.0", "x", "1x", " 1", "-99999999999999999999999"}) {
    EXPECT_EQ(error_of(parameters_with("max_age", wrong)), "invalid_request") << wrong;
  }
  EXPECT_FALSE(read(parameters_with("nonce", "n")).max_age);
}

TEST(AuthorizationRequest, takes_prompt_none_only_alone) {
  EXPECT_TRUE(read(parameters_with("prompt", "none")).has_prompt("none"));
  EXPECT_TRUE(read(parameters_with("prompt", " login  consent ")).has_prompt("consent"));
  for (const char* wrong : {"none login", "consent none", "other", "None"}) {
    EXPECT_EQ(error_of(parameters_with("prompt", wrong)), "invalid_request") << wrong;
  }
}

TEST(AuthorizationRequest, takes_any_text_as_a_login_hint_but_no_broken_one_of_the_contract) {
  EXPECT_EQ(read(parameters_with("login_hint", "ada")).login_hint, "ada");
  EXPECT_EQ(
      read(parameters_with("login_hint", "https://authgear.com/login_hint?type=login_id&email=a%2Bb%40c.d")).login_hint,
      "a+b@c.d");
  EXPECT_EQ(read(parameters_with("login_hint", "https://authgear.com/login_hint?type=anonymous")).login_hint, "");
  for (const char* wrong : {"https://authgear.com/login_hint", "https://authgear.com/login_hint?type=x"}) {
    EXPECT_EQ(error_of(parameters_with("login_hint", wrong)), "invalid_request") << wrong;
  }
}

TEST(AuthorizationRequest, names_what_it_does_not_support) {
  EXPECT_EQ(error_of(parameters_with("response_type", "token")), "unsupported_response_type");
  EXPECT_EQ(error_of(parameters_with("response_mode", "fragment")), "invalid_request");
  EXPECT_EQ(error_of(parameters_with("request", "x")), "request_not_supported");
  EXPECT_EQ(error_of(parameters_with("request_uri", "x")), "request_uri_not_supported");
  EXPECT_EQ(error_of(parameters_with("scope", "profile")), "invalid_scope");
  EXPECT_EQ(error_of(parameters_with("anything", "else")), "");
}

TEST(ClientCredentials, come_in_the_header_with_both_halves_form_encoded) {
  const auto encoded = crypto::base64("a%3Ab:p%26+%C3%A9");
  const auto found = credentials(request_with("basic " + encoded, ""));
  EXPECT_EQ(found.client_id, "a:b");
  EXPECT_EQ(found.client_secret, "p& \xc3\xa9");
  EXPECT_EQ(found.method, client::AuthenticationMethod::client_secret_basic);
}

TEST(ClientCredentials, come_in_the_body_or_not_at_all) {
  EXPECT_EQ(credentials(request_with("", "client_id=a&client_secret=b")).method,
            client::AuthenticationMethod::client_secret_post);
  EXPECT_EQ(credentials(request_with("", "client_id=a&client_secret=")).method, client::AuthenticationMethod::none);
  EXPECT_EQ(refused_with(request_with("", "client_id=")), 400);
  EXPECT_EQ(refused_with(request_with("", "")), 400);
}

TEST(ClientCredentials, that_are_broken_are_challenged_and_twice_are_refused) {
  for (const std::string& broken : {crypto::base64("nocolon"), crypto::base64("a:%zz"), crypto::base64("a:b&c=d"),
                                    crypto::base64("a:\xff"), std::string("!")}) {
    EXPECT_EQ(refused_with(request_with("Basic " + broken, "")), 401) << broken;
  }
  const std::string right = "Basic " + crypto::base64("a:b");
  EXPECT_EQ(refused_with(request_with(right, "client_id=a")), 0);
  EXPECT_EQ(refused_with(request_with(right, "client_id=b")), 400);
  EXPECT_EQ(refused_with(request_with(right, "client_id=a&client_secret=b")), 400);
}

TEST(TokenForm, is_a_form_without_repetitions) {
  auto request = request_with("", "code=1&code=2&x=1&x=2");
  EXPECT_THROW(token_form(request, {"code"}), client::OAuthError);
  EXPECT_NO_THROW(token_form(request, {"grant_type"}));
  request.headers.front().value = "application/json";
  EXPECT_THROW(token_form(request, {}), client::OAuthError);
}

}  // namespace
}  // namespace gatehouse::oauth
