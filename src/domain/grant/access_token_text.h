#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/ids.h"
#include "platform/base/time.h"
#include "platform/crypto/key_ring.h"

namespace gatehouse::grant {

// An opaque access token: 32 base62 characters, of which the first 3 encode the day on which it expires, so that a
// look-up touches one partition.
std::string make_opaque_token(TimePoint expires_at);
// That day; nothing for any other form.
std::optional<std::chrono::sys_days> opaque_token_day(std::string_view token);

// The `jti` of a JWT access token: hex(r ‖ (family id ⊕ AES-256(r))), 64 characters. It leads back to the token family
// and proves nothing: it is read only from a JWT whose signature verified, and the family must match its client and
// subject.
std::string make_jti(const crypto::KeyRing& keys, const GrantId& grant);
// The families that it may lead to, one for each live key; empty for any other form.
std::vector<std::string> families_of_jti(const crypto::KeyRing& keys, std::string_view jti);

}  // namespace gatehouse::grant
