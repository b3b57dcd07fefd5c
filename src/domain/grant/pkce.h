#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/config.h"

namespace gatehouse::grant {

// The challenge of an authorization request (RFC 7636 4.3), S256 only. Throws OAuthError invalid_request where a public
// client sends none, a method other than S256, a method without a challenge, or a malformed challenge.
std::optional<std::string> check_code_challenge(const project::OAuthClient& client,
                                                const std::optional<std::string>& code_challenge,
                                                const std::optional<std::string>& code_challenge_method);

// RFC 7636 4.6, never downgraded (RFC 9700 2.1.1): a challenge needs its verifier, a verifier needs a challenge. Throws
// OAuthError invalid_grant.
void check_code_verifier(const std::optional<std::string>& code_challenge,
                         const std::optional<std::string>& code_verifier);

}  // namespace gatehouse::grant
