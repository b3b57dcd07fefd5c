#include "domain/grant/pkce.h"

#include <algorithm>

#include "domain/client/oauth_error.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"

namespace gatehouse::grant {

namespace {

constexpr std::size_t kDigestSize = 32;

// RFC 7636 4.1: 43 to 128 unreserved characters.
bool is_verifier(std::string_view text) {
  const auto unreserved = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  };
  return text.size() >= 43 && text.size() <= 128 && std::ranges::all_of(text, unreserved);
}

}  // namespace

std::optional<std::string> check_code_challenge(const project::OAuthClient& client,
                                                const std::optional<std::string>& code_challenge,
                                                const std::optional<std::string>& code_challenge_method) {
  if (!code_challenge) {
    if (code_challenge_method) {
      throw client::invalid_request("code_challenge_method without code_challenge");
    }
    if (!client.is_confidential()) {
      throw client::invalid_request("code_challenge is required for public clients (PKCE, S256)");
    }
    return std::nullopt;
  }
  if (code_challenge_method != "S256") {
    throw client::invalid_request("code_challenge_method must be S256");
  }
  const auto digest = crypto::from_base64url(*code_challenge);
  if (!digest || digest->size() != kDigestSize) {
    throw client::invalid_request("code_challenge must be the base64url encoding of a SHA-256 digest");
  }
  return code_challenge;
}

void check_code_verifier(const std::optional<std::string>& code_challenge,
                         const std::optional<std::string>& code_verifier) {
  if (!code_challenge && !code_verifier) {
    return;
  }
  if (!code_challenge) {
    throw client::invalid_grant("code_verifier was sent, but the authorization request had no code_challenge");
  }
  if (!code_verifier) {
    throw client::invalid_grant("code_verifier is missing");
  }
  if (!is_verifier(*code_verifier) ||
      !crypto::secure_equal(crypto::base64url(crypto::sha256(*code_verifier)), *code_challenge)) {
    throw client::invalid_grant("code_verifier does not match the code_challenge");
  }
}

}  // namespace gatehouse::grant
