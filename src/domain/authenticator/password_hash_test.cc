#include "domain/authenticator/password_hash.h"

#include "platform/crypto/hash.h"

namespace gatehouse::authenticator {
namespace {

// Found by search: their SHA-512 begins with NUL, and with the same byte and then NUL.
constexpr const char* kNulFirst = "password 726";
constexpr const char* kNulSecond = "password 1911";
constexpr const char* kNulSecondToo = "password 7728";

// Made with crypt(3) from the raw digest, which has no NUL.
const std::string kSha512Known = "$bcrypt-sha512$$2b$10$abcdefghijklmnopqrstuujcTFK2KO0rk7q1DpmA7Rs8v5KTEQwUO";
const std::string kBcryptKnown = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu";

TEST(PasswordHash, argon2id_matches_its_own_and_the_known_hash) {
  const std::string stored = hash_password(HashFormat::argon2id, "correct horse");
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_EQ(match_password("correct horse", stored), HashMatch::yes);
  EXPECT_EQ(match_password("correct hors", stored), HashMatch::no);
  EXPECT_NE(hash_password(HashFormat::argon2id, "correct horse"), stored);
  EXPECT_EQ(match_password("password",
                           "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
            HashMatch::yes);
}

TEST(PasswordHash, bcrypt_sha512_matches_hashes_of_another_implementation) {
  EXPECT_EQ(match_password("correct horse 0", kSha512Known), HashMatch::yes);
  EXPECT_EQ(match_password("correct horse 1", kSha512Known), HashMatch::no);
  const std::string stored = hash_password(HashFormat::bcrypt_sha512, "correct horse 0");
  EXPECT_TRUE(stored.starts_with("$bcrypt-sha512$$2a$10$") || stored.starts_with("$bcrypt-sha512$$2b$10$")) << stored;
  EXPECT_EQ(match_password("correct horse 0", stored), HashMatch::yes);
}

TEST(PasswordHash, a_digest_with_nul_is_hashed_to_its_end) {
  ASSERT_EQ(crypto::sha512(kNulFirst)[0], '\0');
  ASSERT_EQ(crypto::sha512(kNulSecond).substr(0, 2), crypto::sha512(kNulSecondToo).substr(0, 2));
  ASSERT_EQ(crypto::sha512(kNulSecond)[1], '\0');
  const std::string first = hash_password(HashFormat::bcrypt_sha512, kNulFirst);
  EXPECT_EQ(match_password(kNulFirst, first), HashMatch::yes);
  EXPECT_EQ(match_password("", first), HashMatch::no);
  const std::string second = hash_password(HashFormat::bcrypt_sha512, kNulSecond);
  EXPECT_EQ(match_password(kNulSecond, second), HashMatch::yes);
  EXPECT_EQ(match_password(kNulSecondToo, second), HashMatch::no);
}

TEST(PasswordHash, plain_bcrypt_in_its_three_spellings) {
  EXPECT_EQ(match_password("correct horse", kBcryptKnown), HashMatch::yes);
  EXPECT_EQ(match_password("correct hors", kBcryptKnown), HashMatch::no);
  EXPECT_EQ(match_password("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), HashMatch::yes);
  EXPECT_EQ(match_password("abc", "$2y$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQpYn2"), HashMatch::yes);
}

TEST(PasswordHash, what_is_malformed_or_too_dear_never_matches) {
  const std::vector<std::string> stored{
      "",
      "x",
      "$",
      "plain",
      "$argon2id$",
      "$argon2id$v=19$m=19456,t=2,p=1$",
      "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$!!!!",
      "$argon2id$v=19$m=65537,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=4294967296,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=64,t=17,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$m=4096,t=2,p=200$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2id$v=19$t=2,m=64,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "$bcrypt-sha512$",
      "$bcrypt-sha512$$2b$10$abc",
      "$2b$31$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu",
      "$2b$03$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu",
      "$2b$1x$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu",
      "$2x$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu",
      "$2b$10$abcdefghijklmnopqrst!u23JPZtHcGhwXSF41f93o/7vBdDut3Xu",
      kBcryptKnown + "x",
      std::string(100'000, '$'),
  };
  for (const auto& hash : stored) {
    EXPECT_EQ(match_password("password", hash), HashMatch::malformed) << hash.substr(0, 80);
  }
}

TEST(PasswordHash, every_format_but_the_wanted_one_is_outdated) {
  const std::string argon = hash_password(HashFormat::argon2id, "x");
  const std::string sha512 = hash_password(HashFormat::bcrypt_sha512, "x");
  EXPECT_TRUE(is_current(HashFormat::argon2id, argon));
  EXPECT_TRUE(is_current(HashFormat::bcrypt_sha512, sha512));
  EXPECT_FALSE(is_current(HashFormat::argon2id, sha512));
  EXPECT_FALSE(is_current(HashFormat::bcrypt_sha512, argon));
  EXPECT_FALSE(is_current(HashFormat::argon2id, "$argon2id$v=19$m=19456,t=1,p=1$AAAA$AAAA"));
  EXPECT_FALSE(is_current(HashFormat::bcrypt_sha512, kBcryptKnown));
  EXPECT_FALSE(is_current(HashFormat::bcrypt_sha512, "$bcrypt-sha512$$2b$08$abcdefghijklmnopqrstuu"));
  EXPECT_FALSE(is_current(HashFormat::bcrypt_sha512, "$bcrypt-sha512$"));
}

TEST(PasswordHash, a_scheme_is_what_a_hash_begins_with_up_to_its_salt) {
  EXPECT_EQ(scheme_of(hash_password(HashFormat::argon2id, "x")), "$argon2id$v=19$m=19456,t=2,p=1$");
  EXPECT_EQ(scheme_of(hash_password(HashFormat::argon2id, "x")), scheme_of(HashFormat::argon2id));
  const std::string sha512 = scheme_of(hash_password(HashFormat::bcrypt_sha512, "x"));
  EXPECT_TRUE(sha512 == "$bcrypt-sha512$$2a$10$" || sha512 == "$bcrypt-sha512$$2b$10$") << sha512;
  EXPECT_EQ(sha512, scheme_of(HashFormat::bcrypt_sha512));
  EXPECT_EQ(scheme_of(kBcryptKnown), std::string(kBcryptKnown).substr(0, 7));
  for (const char* none : {"", "plain", "$1$abc$def", "$2b$", "$argon2i$v=19$m=1,t=1,p=1$"}) {
    EXPECT_EQ(scheme_of(none), "") << none;
  }
}

TEST(PasswordHash, nobodys_hash_is_checked_like_any_other_and_never_matches) {
  for (const char* scheme : {"$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=64,t=1,p=1$",
                             "$bcrypt-sha512$$2a$04$", "$2b$04$", "$2y$05$"}) {
    EXPECT_EQ(scheme_of(nobodys_hash(scheme)), scheme);
    EXPECT_EQ(match_password("anything", nobodys_hash(scheme)), HashMatch::no) << scheme;
  }
}

}  // namespace
}  // namespace gatehouse::authenticator
