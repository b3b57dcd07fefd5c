#include "domain/grant/access_token_text.h"

#include <algorithm>

#include "platform/base/uuid.h"
#include "platform/crypto/random.h"

namespace gatehouse::grant {
namespace {

using crypto::KeyRing;
using std::chrono::days;
using std::chrono::floor;

TEST(OpaqueAccessToken, tells_the_day_on_which_it_expires) {
  for (const auto seconds : {std::int64_t{1'800'000'000}, std::int64_t{1'800'057'599}, std::int64_t{1'800'057'600}}) {
    const auto expires_at = from_unix_seconds(seconds);
    const auto token = make_opaque_token(expires_at);
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(opaque_token_day(token), floor<days>(expires_at));
  }
}

TEST(OpaqueAccessToken, is_never_the_same_twice) {
  const auto expires_at = from_unix_seconds(1'800'000'000);
  EXPECT_NE(make_opaque_token(expires_at), make_opaque_token(expires_at));
}

TEST(OpaqueAccessToken, of_any_other_form_has_no_day) {
  for (const std::string& text : {std::string(), std::string(31, 'a'), std::string(33, 'a'), std::string(31, 'a') + "-",
                                  std::string(31, 'a') + '\0', std::string("eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl")}) {
    EXPECT_FALSE(opaque_token_day(text)) << text;
  }
}

TEST(Jti, leads_back_to_its_family_and_looks_different_each_time) {
  const auto keys = KeyRing::parse(KeyRing::generate());
  const GrantId family{uuid_v7(from_unix_seconds(1'800'000'000))};
  const auto jti = make_jti(keys, family);
  EXPECT_EQ(jti.size(), 64u);
  EXPECT_NE(jti, make_jti(keys, family));
  EXPECT_EQ(families_of_jti(keys, jti), std::vector{family.str()});
}

TEST(Jti, of_an_old_key_leads_back_once_each_live_key_was_tried) {
  const std::string key = R"("key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
  const std::string other = R"("key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"})";
  const auto before = KeyRing::parse(R"({"active":"old","keys":[{"id":"old",)" + key + "]}");
  const auto after =
      KeyRing::parse(R"({"active":"new","keys":[{"id":"new",)" + other + R"(,{"id":"old",)" + key + "]}");
  const GrantId family{uuid_v7(from_unix_seconds(1'800'000'000))};
  const auto families = families_of_jti(after, make_jti(before, family));
  EXPECT_EQ(families.size(), 2u);
  EXPECT_NE(std::ranges::find(families, family.str()), families.end());
}

TEST(Jti, of_any_other_form_leads_nowhere) {
  const auto keys = KeyRing::parse(KeyRing::generate());
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'), std::string(64, 'g')}) {
    EXPECT_TRUE(families_of_jti(keys, text).empty()) << text;
  }
}

}  // namespace
}  // namespace gatehouse::grant
