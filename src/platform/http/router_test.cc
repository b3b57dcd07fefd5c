#include "platform/http/router.h"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

RouteTable table() {
  RouteTable table;
  table.add({Method::get}, "/");
  table.add({Method::get, Method::post}, "/login");
  table.add({Method::post}, "/oauth2/token");
  table.add({Method::options}, "/oauth2/token");
  table.add({Method::get}, "/saml2/metadata/:id");
  table.add({Method::get}, "/settings/mfa/oob_otp_:channel");
  table.add({Method::get}, "/api/:app/users/:user");
  table.add({Method::get}, "/static/*all");
  return table;
}

TEST(RouteTable, finds_literal_paths_by_method) {
  const RouteTable routes = table();
  EXPECT_EQ(routes.find(Method::get, "/").route, 0U);
  EXPECT_EQ(routes.find(Method::post, "/login").route, 1U);
  EXPECT_EQ(routes.find(Method::post, "/oauth2/token").route, 2U);
  EXPECT_EQ(routes.find(Method::options, "/oauth2/token").route, 3U);
}

TEST(RouteTable, head_is_answered_by_the_route_of_get) {
  EXPECT_EQ(table().find(Method::head, "/login").route, 1U);
  EXPECT_EQ(table().find(Method::head, "/saml2/metadata/x").route, 4U);
}

TEST(RouteTable, an_unknown_path_is_404_and_a_wrong_method_405_with_all_that_are_allowed) {
  const RouteTable routes = table();
  for (const char* path :
       {"/nothing", "/login/", "//login", "/LOGIN", "/saml2/metadata", "/saml2/metadata/", "/saml2/metadata/x/",
        "/saml2/metadata/x/y", "/settings/mfa/oob_otp_", "/api/a/users", "/api//users/b", "/static"}) {
    EXPECT_EQ(routes.find(Method::get, path).status, Status::not_found) << path;
  }
  EXPECT_EQ(routes.find(Method::put, "/login").status, Status::method_not_allowed);
  EXPECT_EQ(routes.find(Method::put, "/login").allow, "GET, HEAD, POST");
  EXPECT_EQ(routes.find(Method::get, "/oauth2/token").allow, "POST, OPTIONS");
  EXPECT_EQ(routes.find(Method::other, "/saml2/metadata/x").allow, "GET, HEAD");
}

TEST(RouteTable, patterns_give_their_parameters) {
  const RouteTable routes = table();
  EXPECT_EQ(routes.find(Method::get, "/saml2/metadata/app 1").path_parameters.get("id"), "app 1");
  EXPECT_EQ(routes.find(Method::get, "/settings/mfa/oob_otp_sms").path_parameters.get("channel"), "sms");
  const Match match = routes.find(Method::get, "/api/a/users/b");
  EXPECT_EQ(match.path_parameters.get("app"), "a");
  EXPECT_EQ(match.path_parameters.get("user"), "b");
  EXPECT_EQ(routes.find(Method::get, "/static/a/b.css").path_parameters.get("all"), "a/b.css");
  EXPECT_EQ(routes.find(Method::get, "/static/").path_parameters.get("all"), "");
}

TEST(RouteTable, lists_every_route) {
  const auto routes = table().routes();
  EXPECT_EQ(routes.size(), 9U);
  EXPECT_EQ(routes[2], "POST /login");
}

}  // namespace
}  // namespace gatehouse::http
