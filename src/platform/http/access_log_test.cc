#include "platform/http/access_log.h"

#include <string>

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

TEST(LoggablePath, keeps_what_an_operator_knows) {
  for (const auto* path :
       {"/", "/oauth2/token", "/.well-known/oauth-authorization-server", "/authflow/v2/enter_oob_otp", "/wp-login.php",
        "/a//b/", "/shared-assets/app.3f2a91bc.css"}) {
    EXPECT_EQ(loggable_path(path), path);
  }
}

TEST(LoggablePath, hides_what_may_be_a_token) {
  EXPECT_EQ(loggable_path("/reset/Zm9vYmFyYmF6cXV4Cg/next"), "/reset/***/next");
  EXPECT_EQ(loggable_path("/01a3185c-5000-7808-aab7-804d724f08e9.0123456789abcdefABCDEF"), "/***.***");
  EXPECT_EQ(loggable_path("/someone%40example.com/"), "/***.com/");
}

TEST(LoggablePath, is_bounded) { EXPECT_EQ(loggable_path(std::string(4'000, '/')).size(), 512U); }

}  // namespace
}  // namespace gatehouse::http
