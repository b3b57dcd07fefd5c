#include "platform/crypto/key_ring.h"

#include "platform/crypto/encoding.h"

namespace gatehouse::crypto {
namespace {

const std::string kOne(32, '\x01');
const std::string kTwo(32, '\x02');

std::string ring_of(const std::string& active, const std::vector<std::pair<std::string, std::string>>& keys) {
  boost::json::array list;
  for (const auto& [id, key] : keys) {
    list.push_back({{"id", id}, {"key", base64url(key)}});
  }
  return boost::json::serialize(boost::json::object{{"active", active}, {"keys", list}});
}

std::string refusal(const std::string& text) {
  try {
    KeyRing::parse(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST(KeyRing, a_generated_ring_can_be_read) {
  const KeyRing ring = KeyRing::parse(KeyRing::generate());
  EXPECT_EQ(ring.ids(), std::vector{ring.active_id()});
  EXPECT_NE(KeyRing::generate(), KeyRing::generate());
}

TEST(KeyRing, each_purpose_and_each_key_derives_another_key) {
  const KeyRing ring = KeyRing::parse(ring_of("b", {{"a", kOne}, {"b", kTwo}}));
  EXPECT_EQ(ring.ids(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(ring.derive(Purpose::otp), ring.derive("b", Purpose::otp));
  EXPECT_EQ(ring.derive(Purpose::otp).size(), 32U);
  EXPECT_NE(ring.derive(Purpose::otp), ring.derive(Purpose::cookie));
  EXPECT_NE(ring.derive("a", Purpose::otp), ring.derive("b", Purpose::otp));
  EXPECT_FALSE(ring.derive("c", Purpose::otp));
}

TEST(KeyRing, a_derived_key_stays_the_same_for_ever) {
  const KeyRing ring = KeyRing::parse(ring_of("a", {{"a", kOne}}));
  EXPECT_EQ(hex(ring.derive(Purpose::refresh_token)),
            "75d086a63b0f78ea06b94f0bc960b0c3809cda1fdf5432b1339770c5bbb3af00");
}

TEST(KeyRing, what_is_wrong_is_named_and_the_key_is_not) {
  EXPECT_THAT(refusal("{"), testing::HasSubstr("not JSON"));
  EXPECT_THAT(refusal("[]"), testing::HasSubstr("object"));
  EXPECT_THAT(refusal(R"({"keys":[]})"), testing::HasSubstr("\"active\""));
  EXPECT_THAT(refusal(R"({"active":"a","keys":[]})"), testing::HasSubstr("at least one"));
  EXPECT_THAT(refusal(ring_of("c", {{"a", kOne}})), testing::HasSubstr("\"active\" names no key"));
  EXPECT_THAT(refusal(ring_of("a", {{"a", kOne}, {"a", kTwo}})), testing::HasSubstr("twice"));
  EXPECT_THAT(refusal(ring_of("a.b", {{"a.b", kOne}})), testing::HasSubstr("letters, digits"));
  const std::string short_key = refusal(ring_of("a", {{"a", "short-marker"}}));
  EXPECT_THAT(short_key, testing::HasSubstr("32 bytes"));
  EXPECT_THAT(short_key, testing::Not(testing::HasSubstr(base64url("short-marker"))));
}

TEST(KeyRing, a_sealed_text_opens_only_for_its_purpose_and_binding) {
  const KeyRing ring = KeyRing::parse(ring_of("a", {{"a", kOne}}));
  const std::string sealed = ring.seal(Purpose::flow_state, "hello", "project");
  EXPECT_TRUE(sealed.starts_with("a."));
  EXPECT_EQ(ring.open(Purpose::flow_state, sealed, "project"), "hello");
  EXPECT_FALSE(ring.open(Purpose::cookie, sealed, "project"));
  EXPECT_FALSE(ring.open(Purpose::flow_state, sealed, "another"));
  EXPECT_NE(ring.seal(Purpose::flow_state, "hello", "project"), sealed);
}

TEST(KeyRing, an_old_key_still_opens_and_an_unknown_one_does_not) {
  const std::string sealed = KeyRing::parse(ring_of("a", {{"a", kOne}})).seal(Purpose::otp, "", "");
  EXPECT_EQ(KeyRing::parse(ring_of("b", {{"a", kOne}, {"b", kTwo}})).open(Purpose::otp, sealed, ""), "");
  EXPECT_FALSE(KeyRing::parse(ring_of("b", {{"b", kTwo}})).open(Purpose::otp, sealed, ""));
  EXPECT_FALSE(KeyRing::parse(ring_of("a", {{"a", kTwo}})).open(Purpose::otp, sealed, ""));
}

TEST(KeyRing, every_flipped_bit_is_noticed) {
  const std::string sealed = seal_with(kOne, "hello", "x");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_with(kOne, changed, "x")) << i;
  }
  EXPECT_EQ(open_with(kOne, sealed, "x"), "hello");
  EXPECT_FALSE(open_with(kOne, sealed.substr(1), "x"));
  EXPECT_FALSE(open_with(kOne, "", "x"));
}

TEST(KeyRing, broken_sealed_texts_open_to_nothing) {
  const KeyRing ring = KeyRing::parse(ring_of("a", {{"a", kOne}}));
  for (const auto* text : {"", ".", "a", "a.", "a.AAAA", "a.!!!!", ".AAAA", "b.AAAA"}) {
    EXPECT_FALSE(ring.open(Purpose::otp, text, "")) << text;
  }
}

TEST(Aes256Block, the_example_of_fips_197) {
  const std::string key = *from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(hex(aes256_block(key, *from_hex("00112233445566778899aabbccddeeff"))), "8ea2b7ca516745bfeafc49904b496089");
  EXPECT_EQ(hex(aes256_block(key, *from_hex("00112233445566778899aabbccddeeff"))), "8ea2b7ca516745bfeafc49904b496089");
  EXPECT_THROW(aes256_block("short", std::string(16, 'x')), std::logic_error);
  EXPECT_THROW(aes256_block(key, "short"), std::logic_error);
}

}  // namespace
}  // namespace gatehouse::crypto
