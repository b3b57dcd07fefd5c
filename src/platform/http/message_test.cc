#include "platform/http/message.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace gatehouse::http {
namespace {

Request with_cookies(std::vector<std::string> values) {
  Request request;
  for (std::string& value : values) {
    request.headers.push_back({"cookie", std::move(value)});
  }
  return request;
}

TEST(RequestCookie, is_found_by_its_whole_name) {
  const Request request = with_cookies({"a=1; session=abc=; xsession=no; session_x=no"});
  EXPECT_EQ(request.cookie("session"), "abc=");
  EXPECT_EQ(request.cookie("Session"), std::nullopt);
  EXPECT_EQ(request.cookie("b"), std::nullopt);
}

TEST(RequestCookie, that_comes_twice_counts_as_absent_in_one_header_or_two) {
  EXPECT_EQ(with_cookies({"session=a; session=b"}).cookie("session"), std::nullopt);
  EXPECT_EQ(with_cookies({"session=a", "session=a"}).cookie("session"), std::nullopt);
  EXPECT_EQ(with_cookies({"session=a; other=b; session="}).cookie("session"), std::nullopt);
}

TEST(Cookie, carries_its_attributes) {
  Cookie cookie{.name = "session", .value = "abc"};
  EXPECT_EQ(cookie.to_header(), "session=abc; Path=/; HttpOnly; Secure; SameSite=Lax");
  cookie.max_age = 60;
  cookie.domain = "example.com";
  cookie.same_site = "None";
  EXPECT_EQ(cookie.to_header(), "session=abc; Path=/; Domain=example.com; Max-Age=60; HttpOnly; Secure; SameSite=None");
}

TEST(Cookie, is_cleared_without_its_value) {
  const Cookie cookie{.name = "session", .value = "abc", .clear = true};
  EXPECT_EQ(cookie.to_header(),
            "session=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax");
}

TEST(RequestForm, needs_its_content_type) {
  Request request;
  request.body = "a=1";
  EXPECT_THROW(request.form(), Error);
  request.headers = {{"Content-Type", "text/plain"}};
  EXPECT_THROW(request.form(), Error);
  request.headers = {{"content-type", "Application/x-www-form-urlencoded ; charset=UTF-8"}};
  EXPECT_EQ(request.form().get("a"), "1");
}

TEST(Response, set_replaces_and_add_repeats) {
  Response response = Response::json(Status::ok, "{}");
  response.set("cache-control", "public").add("Set-Cookie", "a=1").add("Set-Cookie", "b=2");
  EXPECT_EQ(response.header("Cache-Control"), "public");
  EXPECT_EQ(response.headers.size(), 4U);
}

}  // namespace
}  // namespace gatehouse::http
