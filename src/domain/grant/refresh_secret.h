#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/model/ids.h"
#include "platform/crypto/key_ring.h"

namespace gatehouse::grant {

// A refresh token as it was sent: "<grant id>.<32 base62 characters>". Says nothing about whether it is real.
struct RefreshTokenText {
  GrantId grant;
  std::string secret;
};

// Nothing for any other form.
std::optional<RefreshTokenText> parse_refresh_token(std::string_view token);

// The derived secret of one generation of a family: 26 characters of an HMAC over family and generation, after 6
// characters with the generation, masked by the HMAC. Nothing usable is stored, and making it again gives the same one.
std::string derive_refresh_secret(const crypto::KeyRing& keys, std::string_view key_id, const GrantId& grant,
                                  std::int32_t generation);

struct AuthenticSecret {
  std::string key_id;
  std::int32_t generation = 0;
};

// Which generation this secret is of, if it was made under a key of the ring for this family. Only such a secret (or an
// adopted one) can be a reuse; everything else is a guess.
std::optional<AuthenticSecret> authenticate_refresh_secret(const crypto::KeyRing& keys, const RefreshTokenText& token);

}  // namespace gatehouse::grant
