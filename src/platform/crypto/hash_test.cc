#include "platform/crypto/hash.h"

#include <thread>

#include "platform/crypto/encoding.h"

namespace gatehouse::crypto {
namespace {

TEST(Hash, the_examples_of_fips_180) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha512("abc")),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Hash, a_reused_context_forgets_what_it_hashed_before) {
  const std::string once = sha256_hex("one");
  sha256_hex("two");
  EXPECT_EQ(sha256_hex("one"), once);
  std::string elsewhere;
  std::thread([&] { elsewhere = sha256_hex("one"); }).join();
  EXPECT_EQ(elsewhere, once);
}

TEST(Hash, hmac_of_rfc_4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, an_empty_hmac_key_is_not_the_key_before) {
  const std::string empty = hmac_sha256("", "");
  hmac_sha256("key", "data");
  EXPECT_EQ(hmac_sha256({}, {}), empty);
  EXPECT_EQ(hex(empty), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hash, hkdf_of_rfc_5869_without_salt) {
  EXPECT_EQ(hex(hkdf_sha256(std::string(22, '\x0b'), "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(SecureEqual, tells_equal_from_different) {
  EXPECT_TRUE(secure_equal("", ""));
  EXPECT_TRUE(secure_equal(std::string("a\0b", 3), std::string("a\0b", 3)));
  EXPECT_FALSE(secure_equal(std::string("a\0b", 3), std::string("a\0c", 3)));
  EXPECT_FALSE(secure_equal("abc", "ab"));
  EXPECT_FALSE(secure_equal("abc", "abd"));
}

}  // namespace
}  // namespace gatehouse::crypto
