#include "domain/grant/refresh_secret.h"

#include <set>

#include <rapidcheck/gtest.h>

#include "platform/base/uuid.h"
#include "platform/crypto/random.h"

namespace gatehouse::grant {
namespace {

using crypto::KeyRing;

GrantId a_family() { return GrantId{uuid_v7(from_unix_seconds(1'800'000'000))}; }

TEST(RefreshSecret, looks_like_the_contracts) {
  const auto keys = KeyRing::parse(KeyRing::generate());
  const auto family = a_family();
  const auto text = family.str() + "." + derive_refresh_secret(keys, keys.active_id(), family, 0);
  const auto parsed = parse_refresh_token(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->grant, family);
  EXPECT_EQ(parsed->secret.size(), 32u);
}

RC_GTEST_PROP(RefreshSecret, is_derived_the_same_again_and_leads_back_to_its_generation, (std::uint32_t number)) {
  static const auto keys = KeyRing::parse(KeyRing::generate());
  const auto generation = static_cast<std::int32_t>(number & 0x7fffffff);
  const auto family = a_family();
  const auto secret = derive_refresh_secret(keys, keys.active_id(), family, generation);
  RC_ASSERT(secret == derive_refresh_secret(keys, keys.active_id(), family, generation));
  const auto found = authenticate_refresh_secret(keys, {family, secret});
  RC_ASSERT(found.has_value());
  RC_ASSERT(found->generation == generation);
  RC_ASSERT(found->key_id == keys.active_id());
}

RC_GTEST_PROP(RefreshSecret, is_a_guess_once_one_character_differs, (std::uint32_t number)) {
  static const auto keys = KeyRing::parse(KeyRing::generate());
  const auto family = a_family();
  auto secret = derive_refresh_secret(keys, keys.active_id(), family, 7);
  const auto at = number % secret.size();
  const char other = crypto::kBase62[(crypto::kBase62.find(secret[at]) + 1 + number / 32 % 61) % 62];
  RC_ASSERT(other != secret[at]);
  secret[at] = other;
  RC_ASSERT(!authenticate_refresh_secret(keys, {family, secret}));
}

TEST(RefreshSecret, of_another_family_is_a_guess) {
  const auto keys = KeyRing::parse(KeyRing::generate());
  const auto secret = derive_refresh_secret(keys, keys.active_id(), a_family(), 0);
  EXPECT_FALSE(authenticate_refresh_secret(keys, {a_family(), secret}));
}

TEST(RefreshSecret, of_another_key_ring_is_a_guess) {
  const auto keys = KeyRing::parse(KeyRing::generate());
  const auto others = KeyRing::parse(KeyRing::generate());
  const auto family = a_family();
  EXPECT_FALSE(authenticate_refresh_secret(others, {family, derive_refresh_secret(keys, keys.active_id(), family, 0)}));
}

TEST(RefreshSecret, generations_share_no_visible_prefix) {
  const auto keys = KeyRing::parse(KeyRing::generate());
  const auto family = a_family();
  std::set<std::string> prefixes;
  for (int generation = 0; generation < 100; ++generation) {
    prefixes.insert(derive_refresh_secret(keys, keys.active_id(), family, generation).substr(0, 6));
  }
  EXPECT_EQ(prefixes.size(), 100u);
}

TEST(RefreshSecret, an_old_keys_secret_is_known_by_its_key_after_a_new_one_became_active) {
  const std::string key = R"("key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
  const std::string other = R"("key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"})";
  const auto before = KeyRing::parse(R"({"active":"old","keys":[{"id":"old",)" + key + "]}");
  const auto after =
      KeyRing::parse(R"({"active":"new","keys":[{"id":"new",)" + other + R"(,{"id":"old",)" + key + "]}");
  const auto family = a_family();
  const auto found = authenticate_refresh_secret(after, {family, derive_refresh_secret(before, "old", family, 3)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key_id, "old");
  EXPECT_EQ(found->generation, 3);
}

TEST(RefreshTokenText, of_any_other_form_is_not_parsed) {
  const std::string id = "018f0000-0000-7000-8000-000000000000";
  const std::string secret(32, 'a');
  EXPECT_TRUE(parse_refresh_token(id + "." + secret));
  for (const std::string& text : {std::string(), id, "." + secret, id + "." + secret + "a", id + "." + secret.substr(1),
                                  id + "-" + secret, id + "." + std::string(31, 'a') + "-",
                                  std::string(36, 'z') + "." + secret, id + "." + std::string(31, 'a') + '\0'}) {
    EXPECT_FALSE(parse_refresh_token(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::grant
