#include "endpoint/cors.h"

namespace gatehouse::endpoint {
namespace {

project::Project project_with(std::vector<std::string> allowed, std::vector<std::string> redirect_uris) {
  project::Config config;
  config.http.public_origin = "https://id.example";
  config.http.allowed_origins = std::move(allowed);
  project::OAuthClient client;
  client.redirect_uris = std::move(redirect_uris);
  config.oauth_clients.push_back(std::move(client));
  return {std::move(config), {}, {}, "1"};
}

TEST(Cors, lets_in_the_origins_of_redirect_uris_exactly) {
  const auto project = project_with({}, {"https://app.example:8443/cb?x#y", "com.example.app://cb"});
  EXPECT_TRUE(origin_allowed(project, "https://app.example:8443"));
  EXPECT_TRUE(origin_allowed(project, "https://id.example"));
  for (const char* origin : {"", "null", "https://app.example", "http://app.example:8443", "https://app.example:84430",
                             "https://app.example:8443.evil.example", "https://evil.example", "https://"}) {
    EXPECT_FALSE(origin_allowed(project, origin)) << origin;
  }
}

TEST(Cors, takes_a_star_for_one_label_only) {
  const auto project = project_with({"https://*.shop.example", "plain.example"}, {});
  EXPECT_TRUE(origin_allowed(project, "https://a.shop.example"));
  EXPECT_TRUE(origin_allowed(project, "http://plain.example"));
  for (const char* origin :
       {"https://shop.example", "https://.shop.example", "https://a.b.shop.example", "http://a.shop.example",
        "https://a.shop.example.evil", "https://ashop.example", "https://a.plain.example"}) {
    EXPECT_FALSE(origin_allowed(project, origin)) << origin;
  }
}

TEST(Cors, says_nothing_to_a_foreign_origin_but_always_that_the_answer_varies) {
  const auto project = project_with({}, {"https://app.example/cb"});
  http::Request request;
  request.headers = {{"Origin", "https://evil.example"}, {"Access-Control-Request-Headers", "x"}};
  const auto foreign = preflight(project, request, "POST");
  EXPECT_FALSE(foreign.header("Access-Control-Allow-Origin"));
  EXPECT_FALSE(foreign.header("Access-Control-Allow-Headers"));
  EXPECT_EQ(foreign.header("Vary"), "Origin");
  request.headers.front().value = "https://app.example";
  const auto own = preflight(project, request, "POST");
  EXPECT_EQ(own.header("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(own.header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(own.header("Access-Control-Allow-Headers"), "x");
}

}  // namespace
}  // namespace gatehouse::endpoint
