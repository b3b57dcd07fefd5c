#include "platform/jose/jwt.h"

#include <atomic>
#include <thread>

#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "platform/jose/key_impl.h"

namespace gatehouse::jose {
namespace {

namespace json = boost::json;
using crypto::base64url;

const Key& rsa() {
  static const Key key = Key::generate_rsa(2048, "rsa");
  return key;
}

const Key& p256() {
  static const Key key = Key::generate_p256("ec");
  return key;
}

const Expected kJwt{{"JWT"}};

// A JWS whose header says whatever the test wants, with a signature of `key` that fits.
std::string forge(const std::string& header, const std::string& claims, const Key& key) {
  const std::string text = base64url(header) + "." + base64url(claims);
  return text + "." + base64url(signature(key.impl(), text));
}

std::string unsigned_text(const json::object& header, const std::string& claims = R"({"sub":"x"})") {
  return base64url(json::serialize(header)) + "." + base64url(claims);
}

std::vector<std::string> parts_of(const std::string& jwt) {
  const auto first = jwt.find('.');
  const auto second = jwt.find('.', first + 1);
  return {jwt.substr(0, first), jwt.substr(first + 1, second - first - 1), jwt.substr(second + 1)};
}

TEST(Jwt, what_was_signed_verifies_with_its_claims) {
  for (const Key& key : {rsa(), p256()}) {
    const auto verified = verify(sign(key, "JWT", json::object{{"sub", "me"}}), {rsa(), p256()}, kJwt);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->claims, (json::object{{"sub", "me"}}));
    EXPECT_EQ(verified->header, (json::object{{"alg", key.algorithm()}, {"kid", key.kid()}, {"typ", "JWT"}}));
  }
}

TEST(Jwt, the_es256_example_of_rfc_7515_verifies) {
  const Key key = Key::from_jwk({{"kty", "EC"},
                                 {"crv", "P-256"},
                                 {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                 {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}});
  const auto verified = verify(
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      {key}, {{""}});
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->claims.at("iss"), "joe");
}

TEST(Jwt, every_changed_part_is_noticed) {
  for (const Key& key : {rsa(), p256()}) {
    const std::string jwt = sign(key, "JWT", json::object{{"sub", "me"}});
    for (std::size_t i = 0; i < jwt.size(); i += 7) {
      std::string changed = jwt;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(verify(changed, {rsa(), p256()}, kJwt)) << i;
    }
  }
}

// One matrix of algorithm × key, the header's word against the key's.
TEST(Jwt, lesson_20_the_header_never_chooses_the_algorithm) {
  for (const auto* algorithm : {"RS256", "ES256", "PS256", "RS512", "ES384", "HS256", "HS512", "EdDSA", "none", "None",
                                "NONE", "", "rs256", "dir", "RSA-OAEP", "RSA1_5"}) {
    for (const Key& key : {rsa(), p256()}) {
      const json::object header{{"alg", algorithm}, {"kid", key.kid()}, {"typ", "JWT"}};
      const std::string text = unsigned_text(header);
      const std::string honest = sign(key, "JWT", std::string_view(R"({"sub":"x"})"));
      const bool is_its_own = key.algorithm() == algorithm;
      EXPECT_EQ(
          verify(is_its_own ? honest : text + honest.substr(honest.rfind('.')), {rsa(), p256()}, kJwt).has_value(),
          is_its_own)
          << algorithm << " with " << key.algorithm();
      EXPECT_FALSE(verify(text + ".", {rsa(), p256()}, kJwt)) << algorithm << " without a signature";
    }
  }
}

TEST(Jwt, lesson_20_an_hmac_with_the_public_key_as_its_secret_is_no_signature) {
  for (const Key& key : {rsa(), p256()}) {
    const json::object jwk = key.public_jwk();
    const std::string modulus = std::string(jwk.contains("n") ? jwk.at("n").as_string() : jwk.at("x").as_string());
    for (const std::string& secret : {json::serialize(jwk), modulus, *crypto::from_base64url(modulus), std::string()}) {
      for (const auto* algorithm : {"HS256", "RS256", "ES256"}) {
        const std::string text = unsigned_text({{"alg", algorithm}, {"kid", key.kid()}, {"typ", "JWT"}});
        EXPECT_FALSE(verify(text + "." + base64url(crypto::hmac_sha256(secret, text)), {key}, kJwt)) << algorithm;
      }
    }
  }
}

TEST(Jwt, lesson_20_a_key_of_the_other_type_verifies_nothing) {
  const Key rsa_named_ec = Key::from_jwk([] {
    json::object jwk = rsa().public_jwk();
    jwk["kid"] = "ec";
    return jwk;
  }());
  EXPECT_FALSE(verify(sign(p256(), "JWT", json::object{}), {rsa_named_ec}, kJwt));
}

TEST(Jwt, lesson_20_an_algorithm_that_the_verifier_did_not_list_is_refused) {
  Expected only_es{{"JWT"}};
  only_es.algorithms = {"ES256"};
  EXPECT_FALSE(verify(sign(rsa(), "JWT", json::object{}), {rsa(), p256()}, only_es));
  EXPECT_TRUE(verify(sign(p256(), "JWT", json::object{}), {rsa(), p256()}, only_es));
}

TEST(Jwt, lesson_20_nested_and_encrypted_tokens_are_refused) {
  const std::string inner = sign(p256(), "JWT", json::object{{"sub", "x"}});
  EXPECT_FALSE(verify(sign(p256(), "JWT", std::string_view(inner)), {p256()}, kJwt));
  EXPECT_FALSE(verify(sign(p256(), "JWT", std::string_view("\"" + inner + "\"")), {p256()}, kJwt));
  EXPECT_FALSE(verify("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA", {p256()}, kJwt));
  EXPECT_FALSE(verify(inner + "." + inner, {p256()}, kJwt));
}

TEST(Jwt, a_header_that_changes_the_meaning_is_refused_although_the_signature_fits) {
  const std::string good = R"({"alg":"ES256","kid":"ec","typ":"JWT")";
  ASSERT_TRUE(verify(forge(good + "}", "{}", p256()), {p256()}, kJwt));
  ASSERT_TRUE(verify(forge(good + R"(,"jku":"https://evil.example","x":1})", "{}", p256()), {p256()}, kJwt));
  for (const auto* extra :
       {R"("crit":["exp"])", R"("crit":[])", R"("b64":false)", R"("zip":"DEF")", R"("enc":"A128GCM")", R"("cty":"JWT")",
        R"("cty":1)", R"("kid":"ec")", R"("alg":"ES256")", R"("\u0074yp":"JWT")"}) {
    EXPECT_FALSE(verify(forge(good + "," + extra + "}", "{}", p256()), {p256()}, kJwt)) << extra;
  }
  for (const auto* header : {R"({"alg":"ES256","kid":7,"typ":"JWT"})", R"({"alg":"ES256","kid":"","typ":"JWT"})",
                             R"({"alg":"ES256","kid":null,"typ":"JWT"})", R"({"alg":["ES256"],"kid":"ec","typ":"JWT"})",
                             R"({"kid":"ec","typ":"JWT"})", R"({"alg":"ES256","kid":"ec","typ":1})",
                             R"({"alg":"ES256","kid":"ec"})", "[]", "null", "", "{"}) {
    EXPECT_FALSE(verify(forge(header, "{}", p256()), {p256()}, kJwt)) << header;
  }
}

TEST(Jwt, a_type_cannot_break_out_of_the_header) {
  const std::string type = R"(JWT","crit":["x"],"a":")";
  const auto verified = verify(sign(p256(), type, json::object{}), {p256()}, {{type}});
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->header.size(), 3U);
}

TEST(Jwt, broken_forms_are_refused) {
  const std::string good = sign(p256(), "JWT", json::object{{"sub", "x"}});
  const auto parts = parts_of(good);
  const std::vector<std::string> broken{
      "",
      ".",
      "..",
      "...",
      parts[0] + "." + parts[1],
      parts[0] + "." + parts[1] + ".",
      "." + parts[1] + "." + parts[2],
      parts[0] + ".." + parts[2],
      good + ".",
      good + "=",
      " " + good,
      good + "\n",
      parts[0] + "=." + parts[1] + "." + parts[2],
      parts[0] + "." + parts[1] + "." + parts[2].substr(0, 40),
  };
  for (const auto& jwt : broken) {
    EXPECT_FALSE(verify(jwt, {p256()}, kJwt)) << jwt;
  }
  EXPECT_TRUE(verify(good, {p256()}, kJwt));
}

TEST(Jwt, claims_with_a_member_twice_are_refused_although_the_signature_fits) {
  EXPECT_TRUE(verify(sign(p256(), "JWT", std::string_view(R"({"sub":"a"})")), {p256()}, kJwt));
  for (const auto* claims :
       {R"({"sub":"a","sub":"b"})", R"({"a":{"b":1,"b":2}})", R"([])", R"("x")", "", "{", "{}{}"}) {
    EXPECT_FALSE(verify(sign(p256(), "JWT", std::string_view(claims)), {p256()}, kJwt)) << claims;
  }
}

TEST(Jwt, lesson_19_deep_and_long_tokens_are_refused) {
  const std::string deep = "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}";
  EXPECT_FALSE(verify(sign(p256(), "JWT", std::string_view(deep)), {p256()}, kJwt));
  EXPECT_TRUE(verify(sign(p256(), "JWT", json::object{{"a", std::string(11'000, 'x')}}), {p256()}, kJwt));
  EXPECT_FALSE(verify(sign(p256(), "JWT", json::object{{"a", std::string(13'000, 'x')}}), {p256()}, kJwt));
}

TEST(Jwt, the_kid_names_the_key_and_may_be_missing_only_where_there_is_one) {
  const Key nameless = Key::generate_p256("");
  const std::string jwt = sign(nameless, "JWT", json::object{});
  EXPECT_TRUE(verify(jwt, {nameless}, kJwt));
  EXPECT_FALSE(verify(jwt, {nameless, p256()}, kJwt));
  EXPECT_FALSE(verify(jwt, {}, kJwt));
  EXPECT_FALSE(verify(sign(p256(), "JWT", json::object{}), {rsa()}, kJwt));
  EXPECT_FALSE(verify(sign(Key::generate_p256("ec"), "JWT", json::object{}), {p256()}, kJwt));
}

TEST(Jwt, the_type_has_to_be_one_of_the_expected) {
  const std::string jwt = sign(p256(), "at+jwt", json::object{});
  EXPECT_TRUE(verify(jwt, {p256()}, {{"at+jwt"}}));
  EXPECT_TRUE(verify(jwt, {p256()}, {{"application/AT+JWT"}}));
  EXPECT_TRUE(verify(sign(p256(), "application/at+JWT", json::object{}), {p256()}, {{"at+jwt"}}));
  EXPECT_FALSE(verify(jwt, {p256()}, kJwt));
  EXPECT_FALSE(verify(jwt, {p256()}, {{""}}));
  EXPECT_FALSE(verify(jwt, {p256()}, {{}}));
}

TEST(Jwt, threads_sign_and_verify_with_one_key_at_once) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&good] {
      for (int round = 0; round < 25; ++round) {
        good += verify(sign(rsa(), "JWT", json::object{{"n", round}}), {rsa()}, kJwt) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(good, 100);
}

TEST(Jwt, more_keys_than_a_thread_keeps_still_sign_with_the_right_one) {
  std::vector<Key> keys;
  for (int i = 0; i < 40; ++i) {
    keys.push_back(Key::generate_p256("k" + std::to_string(i)));
  }
  for (int round = 0; round < 2; ++round) {
    for (const Key& key : keys) {
      EXPECT_TRUE(verify(sign(key, "JWT", json::object{}), keys, kJwt)) << key.kid();
    }
  }
}

}  // namespace
}  // namespace gatehouse::jose
