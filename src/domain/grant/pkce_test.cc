#include "domain/grant/pkce.h"

#include "domain/client/oauth_error.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"

namespace gatehouse::grant {
namespace {

using project::ApplicationType;

// RFC 7636 appendix B
constexpr const char* kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

project::OAuthClient client_of(ApplicationType type) {
  project::OAuthClient client;
  client.application_type = type;
  return client;
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const client::OAuthError& error) {
    return error.error();
  }
  return "";
}

TEST(CodeVerifier, of_the_standards_example_is_right) { EXPECT_NO_THROW(check_code_verifier(kChallenge, kVerifier)); }

// CVE-2024-23647, CVE-2023-48228: {challenge} × {verifier}
TEST(CodeVerifier, lesson_8_is_never_downgraded) {
  const std::string wrong(43, 'a');
  const std::optional<std::string> none;
  const auto verdict = [](const std::optional<std::string>& challenge, const std::optional<std::string>& verifier) {
    return error_of([&] { check_code_verifier(challenge, verifier); });
  };
  EXPECT_EQ(verdict(none, none), "");
  EXPECT_EQ(verdict(none, kVerifier), "invalid_grant");
  EXPECT_EQ(verdict(none, ""), "invalid_grant");
  EXPECT_EQ(verdict(kChallenge, none), "invalid_grant");
  EXPECT_EQ(verdict(kChallenge, ""), "invalid_grant");
  EXPECT_EQ(verdict(kChallenge, wrong), "invalid_grant");
  EXPECT_EQ(verdict(kChallenge, kChallenge), "invalid_grant");  // "plain"
  EXPECT_EQ(verdict(kChallenge, std::string(kVerifier) + "="), "invalid_grant");
}

TEST(CodeVerifier, that_the_standard_does_not_allow_is_refused_though_its_digest_fits) {
  for (const std::string& verifier : {std::string(42, 'a'), std::string(129, 'a'), std::string(42, 'a') + " "}) {
    const auto challenge = crypto::base64url(crypto::sha256(verifier));
    EXPECT_EQ(error_of([&] { check_code_verifier(challenge, verifier); }), "invalid_grant") << verifier;
  }
}

TEST(CodeChallenge, is_required_of_public_clients) {
  for (const auto type : {ApplicationType::spa, ApplicationType::traditional_webapp, ApplicationType::native,
                          ApplicationType::unspecified}) {
    const auto client = client_of(type);
    EXPECT_EQ(error_of([&] { check_code_challenge(client, std::nullopt, std::nullopt); }), "invalid_request");
    EXPECT_EQ(check_code_challenge(client, kChallenge, "S256"), kChallenge);
  }
  for (const auto type : {ApplicationType::confidential, ApplicationType::third_party_app}) {
    EXPECT_EQ(check_code_challenge(client_of(type), std::nullopt, std::nullopt), std::nullopt);
  }
}

TEST(CodeChallenge, is_s256_and_nothing_else) {
  const auto client = client_of(ApplicationType::confidential);
  const auto error = [&](const std::optional<std::string>& challenge, const std::optional<std::string>& method) {
    return error_of([&] { check_code_challenge(client, challenge, method); });
  };
  EXPECT_EQ(error(kChallenge, "plain"), "invalid_request");
  EXPECT_EQ(error(kChallenge, std::nullopt), "invalid_request");  // would mean plain
  EXPECT_EQ(error(kChallenge, "s256"), "invalid_request");
  EXPECT_EQ(error(std::nullopt, "S256"), "invalid_request");
  EXPECT_EQ(error("", "S256"), "invalid_request");
  EXPECT_EQ(error("short", "S256"), "invalid_request");
  EXPECT_EQ(error(std::string(kChallenge) + "=", "S256"), "invalid_request");
}

}  // namespace
}  // namespace gatehouse::grant
