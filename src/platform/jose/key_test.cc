#include <set>

#include "platform/jose/jwt.h"

namespace gatehouse::jose {
namespace {

namespace json = boost::json;

const Key& rsa() {
  static const Key key = Key::generate_rsa(2048, "rsa");
  return key;
}

const Key& p256() {
  static const Key key = Key::generate_p256("ec");
  return key;
}

std::string refusal(const json::object& jwk) {
  try {
    Key::from_jwk(jwk);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

json::object without(json::object jwk, std::string_view member) {
  jwk.erase(member);
  return jwk;
}

json::object with(json::object jwk, std::string_view member, const json::value& value) {
  jwk[member] = value;
  return jwk;
}

TEST(Key, a_key_survives_its_jwk) {
  for (const Key& key : {rsa(), p256()}) {
    const Key copy = Key::from_jwk(key.private_jwk());
    EXPECT_EQ(copy.private_jwk(), key.private_jwk());
    EXPECT_EQ(copy.kid(), key.kid());
    EXPECT_EQ(copy.algorithm(), key.algorithm());
    EXPECT_TRUE(copy.is_private());
    EXPECT_TRUE(verify(sign(copy, "JWT", json::object{}), {key}, {{"JWT"}}));
  }
}

TEST(Key, the_public_half_holds_nothing_private) {
  const std::set<std::string> allowed{"kid", "alg", "use", "kty", "n", "e", "crv", "x", "y"};
  for (const Key& key : {rsa(), p256()}) {
    const json::object jwk = key.public_jwk();
    for (const auto& member : jwk) {
      EXPECT_TRUE(allowed.contains(std::string(member.key()))) << member.key();
    }
    const Key half = Key::from_jwk(jwk);
    EXPECT_FALSE(half.is_private());
    EXPECT_THROW(half.private_jwk(), std::logic_error);
    EXPECT_THROW(sign(half, "JWT", json::object{}), std::logic_error);
    EXPECT_EQ(half.public_jwk(), jwk);
  }
}

TEST(Key, only_rsa_and_p256_keys_for_signatures_are_keys) {
  EXPECT_THAT(refusal({}), testing::HasSubstr("\"kty\""));
  EXPECT_THAT(refusal({{"kty", "oct"}, {"k", "AAAA"}}), testing::HasSubstr("\"kty\""));
  EXPECT_THAT(refusal({{"kty", 1}}), testing::HasSubstr("\"kty\" has to be a string"));
  EXPECT_THAT(refusal(with(p256().public_jwk(), "crv", "P-384")), testing::HasSubstr("\"crv\""));
  EXPECT_THAT(refusal(with(rsa().public_jwk(), "use", "enc")), testing::HasSubstr("\"use\""));
  EXPECT_THAT(refusal(with(rsa().public_jwk(), "alg", "HS256")), testing::HasSubstr("\"alg\""));
  EXPECT_THAT(refusal(with(rsa().public_jwk(), "alg", "PS256")), testing::HasSubstr("\"alg\""));
  EXPECT_THAT(refusal(with(p256().public_jwk(), "alg", "RS256")), testing::HasSubstr("\"alg\""));
  EXPECT_THAT(refusal(with(rsa().private_jwk(), "oth", json::value(json::array_kind))), testing::HasSubstr("oth"));
}

TEST(Key, a_missing_or_broken_member_is_named) {
  for (const auto* member : {"n", "e", "p", "q", "dp", "dq", "qi"}) {
    EXPECT_THAT(refusal(without(rsa().private_jwk(), member)), testing::HasSubstr(member)) << member;
    EXPECT_THAT(refusal(with(rsa().private_jwk(), member, "AA==")), testing::HasSubstr(member)) << member;
    EXPECT_THAT(refusal(with(rsa().private_jwk(), member, 7)), testing::HasSubstr(member)) << member;
  }
  for (const auto* member : {"crv", "x", "y"}) {
    EXPECT_THAT(refusal(without(p256().private_jwk(), member)), testing::HasSubstr(member)) << member;
  }
  EXPECT_THAT(refusal(with(p256().private_jwk(), "d", "AAAA")), testing::HasSubstr("32 bytes"));
}

TEST(Key, small_keys_and_silly_exponents_are_refused) {
  EXPECT_THAT(refusal(with(rsa().public_jwk(), "n", json::string(std::string(172, 'x')))), testing::HasSubstr("2048"));
  for (const auto* exponent : {"AQ", "Ag", "AAAAAAAAAAAB"}) {
    EXPECT_THAT(refusal(with(rsa().public_jwk(), "e", exponent)), testing::HasSubstr("\"e\"")) << exponent;
  }
}

TEST(Key, a_point_off_the_curve_is_refused) {
  EXPECT_THAT(refusal(with(p256().public_jwk(), "y", p256().public_jwk().at("x"))), testing::HasSubstr("not a key"));
}

TEST(Key, halves_of_two_keys_are_refused_and_no_key_material_is_named) {
  const json::object other = Key::generate_p256("other").private_jwk();
  const std::string d(other.at("d").as_string());
  const std::string why = refusal(with(p256().private_jwk(), "d", other.at("d")));
  EXPECT_THAT(why, testing::HasSubstr("belong together"));
  EXPECT_THAT(why, testing::Not(testing::HasSubstr(d)));
  const json::object other_rsa = Key::generate_rsa(2048, "other").private_jwk();
  EXPECT_THAT(refusal(with(rsa().private_jwk(), "n", other_rsa.at("n"))), testing::HasSubstr("belong together"));
}

TEST(Thumbprint, the_example_of_rfc_7638) {
  EXPECT_EQ(
      thumbprint({{"kty", "RSA"},
                  {"n",
                   "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX"
                   "jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS"
                   "qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN"
                   "HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"},
                  {"e", "AQAB"},
                  {"alg", "RS256"},
                  {"kid", "2011-04-29"}}),
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Thumbprint, it_is_that_of_the_public_half) {
  EXPECT_EQ(thumbprint(p256().private_jwk()), thumbprint(p256().public_jwk()));
  EXPECT_NE(thumbprint(p256().public_jwk()), thumbprint(rsa().public_jwk()));
  EXPECT_THROW(thumbprint({{"kty", "oct"}, {"k", "AAAA"}}), std::runtime_error);
  EXPECT_THROW(thumbprint(without(p256().public_jwk(), "x")), std::runtime_error);
}

}  // namespace
}  // namespace gatehouse::jose
