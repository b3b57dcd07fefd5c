#include "domain/sign_in/login_hint.h"

namespace gatehouse::sign_in {
namespace {

TEST(LoginIdOfHint, is_any_text_that_could_be_a_login_id) {
  EXPECT_EQ(login_id_of_hint("mira"), "mira");
  EXPECT_EQ(login_id_of_hint(std::string(5000, 'x')), "");
  EXPECT_EQ(login_id_of_hint("https://elsewhere.example/?email=x"), "");
  EXPECT_EQ(login_id_of_hint("a\nb"), "");
}

TEST(LoginIdOfHint, is_what_the_contracts_form_names) {
  const std::string uri = "https://authgear.com/login_hint?type=";
  EXPECT_EQ(login_id_of_hint(uri + "login_id&email=a%2Bb%40c.d&enforce=true"), "a+b@c.d");
  EXPECT_EQ(login_id_of_hint(uri + "login_id&username=mira"), "mira");
  EXPECT_EQ(login_id_of_hint(uri + "login_id"), "");
  EXPECT_EQ(login_id_of_hint(uri + "anonymous&promotion_code=x&email=a%40b.c"), "");
}

TEST(LoginIdOfHint, is_nothing_where_the_contracts_form_is_broken) {
  for (const char* broken : {"https://authgear.com/login_hint", "https://authgear.com/login_hint?type=x",
                             "https://authgear.com/login_hint?type=%zz", "https://authgear.com/login_hint?email=a"}) {
    EXPECT_EQ(login_id_of_hint(broken), std::nullopt) << broken;
  }
}

}  // namespace
}  // namespace gatehouse::sign_in
