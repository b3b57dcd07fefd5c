#include "platform/crypto/random.h"

#include <array>
#include <set>

namespace gatehouse::crypto {
namespace {

TEST(Random, two_calls_never_give_the_same_bytes) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(random_bytes(16)).second);
  }
  EXPECT_EQ(random_bytes(0), "");
}

TEST(Random, text_has_the_asked_length_and_only_characters_of_its_alphabet) {
  EXPECT_EQ(random_text(0, kDigits), "");
  const std::string text = random_text(1000, kCrockford);
  EXPECT_EQ(text.size(), 1000U);
  EXPECT_EQ(text.find_first_not_of(kCrockford), std::string::npos);
  EXPECT_THROW(random_text(1, ""), std::logic_error);
}

// 62 does not divide 256: without rejection the first 8 characters would come 25 % more often.
TEST(Random, each_character_is_equally_likely) {
  constexpr int kDrawn = 620'000;
  std::array<int, 256> counts{};
  for (const char c : random_text(kDrawn, kBase62)) {
    ++counts[static_cast<unsigned char>(c)];
  }
  for (const char c : kBase62) {
    EXPECT_NEAR(counts[static_cast<unsigned char>(c)], 10'000, 700) << c;
  }
}

}  // namespace
}  // namespace gatehouse::crypto
