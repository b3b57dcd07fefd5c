#include "platform/crypto/encoding.h"

#include "platform/crypto/random.h"

namespace gatehouse::crypto {
namespace {

TEST(Encoding, the_examples_of_rfc_4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
}

TEST(Encoding, what_was_encoded_decodes_to_the_same_bytes) {
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string bytes = random_bytes(length);
    EXPECT_EQ(from_hex(hex(bytes)), bytes);
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
  }
}

TEST(Encoding, a_set_spare_bit_is_refused) {
  EXPECT_EQ(from_base64url("Zg"), "f");
  EXPECT_FALSE(from_base64url("Zh"));
  EXPECT_FALSE(from_base64url("Zm9"));
  EXPECT_FALSE(from_base64("Zh=="));
}

TEST(Encoding, base64url_has_no_padding_and_no_foreign_characters) {
  for (const auto* text : {"Zg==", "Zg=", "Z", "Zm9vY", "Zm 9", "Zm9v\n", "+/+/", "Zm9v.", "\xc3\xa4"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(Encoding, base64_needs_its_padding_at_the_end_only) {
  for (const auto* text : {"Zg", "Zg=", "Z===", "====", "Zg==Zg==", "=Zg=", "Zm9v\n", "-_-_"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Encoding, hex_is_written_lower_case_and_read_in_either) {
  EXPECT_EQ(hex(std::string("\x00\xab\xff", 3)), "00abff");
  EXPECT_EQ(from_hex("00ABfF"), std::string("\x00\xab\xff", 3));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

}  // namespace
}  // namespace gatehouse::crypto
