#include "domain/grant/refresh_secret.h"

#include <limits>
#include <stdexcept>

#include "platform/base/uuid.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::grant {

namespace {

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kMaskedLength = 6;  // 62^6 > 2^32
constexpr std::size_t kMacLength = 26;    // 154 bits
constexpr std::size_t kMacBytes = 20;
constexpr std::size_t kSecretLength = kMaskedLength + kMacLength;

// `bytes` as a big-endian number, in base 62, its last `length` digits.
std::string base62(std::string bytes, std::size_t length) {
  std::string digits(length, crypto::kBase62.front());
  for (std::size_t i = length; i-- > 0;) {
    unsigned remainder = 0;
    for (char& byte : bytes) {
      const unsigned value = remainder * 256 + static_cast<unsigned char>(byte);
      byte = static_cast<char>(value / 62);
      remainder = value % 62;
    }
    digits[i] = crypto::kBase62[remainder];
  }
  return digits;
}

std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

std::uint32_t first_word(std::string_view bytes) {
  std::uint32_t word = 0;
  for (const char byte : bytes.substr(0, 4)) {
    word = word << 8 | static_cast<unsigned char>(byte);
  }
  return word;
}

std::string mac(std::string_view key, const GrantId& grant, std::uint32_t generation) {
  const std::string tag = crypto::hmac_sha256(key, "secret" + grant.str() + big_endian(generation));
  return base62(tag.substr(0, kMacBytes), kMacLength);
}

// Depends on the MAC, so that two generations of a family look unrelated.
std::uint32_t mask(std::string_view key, const GrantId& grant, std::string_view mac_text) {
  return first_word(crypto::hmac_sha256(key, "mask" + grant.str() + std::string(mac_text)));
}

std::optional<std::uint32_t> parse_masked(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits) {
    number = number * 62 + crypto::kBase62.find(digit);
  }
  if (number > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(number);
}

std::string compose(std::string_view key, const GrantId& grant, std::uint32_t generation) {
  const std::string mac_text = mac(key, grant, generation);
  return base62(big_endian(generation ^ mask(key, grant, mac_text)), kMaskedLength) + mac_text;
}

}  // namespace

std::optional<RefreshTokenText> parse_refresh_token(std::string_view token) {
  if (token.size() != kUuidLength + 1 + kSecretLength || token[kUuidLength] != '.') {
    return std::nullopt;
  }
  const std::string_view id = token.substr(0, kUuidLength);
  const std::string_view secret = token.substr(kUuidLength + 1);
  if (!is_uuid(id) || secret.find_first_not_of(crypto::kBase62) != std::string_view::npos) {
    return std::nullopt;
  }
  return RefreshTokenText{GrantId{std::string(id)}, std::string(secret)};
}

std::string derive_refresh_secret(const crypto::KeyRing& keys, std::string_view key_id, const GrantId& grant,
                                  std::int32_t generation) {
  const auto key = keys.derive(key_id, crypto::Purpose::refresh_token);
  if (!key) {
    throw std::runtime_error("the master key ring has lost a key that refresh tokens were made under");
  }
  return compose(*key, grant, static_cast<std::uint32_t>(generation));
}

std::optional<AuthenticSecret> authenticate_refresh_secret(const crypto::KeyRing& keys, const RefreshTokenText& token) {
  const auto masked = parse_masked(std::string_view(token.secret).substr(0, kMaskedLength));
  if (!masked) {
    return std::nullopt;
  }
  const std::string_view mac_text = std::string_view(token.secret).substr(kMaskedLength);
  for (const std::string& id : keys.ids()) {
    const auto key = keys.derive(id, crypto::Purpose::refresh_token);
    const std::uint32_t generation = *masked ^ mask(*key, token.grant, mac_text);
    if (crypto::secure_equal(compose(*key, token.grant, generation), token.secret) &&
        generation <= static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
      return AuthenticSecret{id, static_cast<std::int32_t>(generation)};
    }
  }
  return std::nullopt;
}

}  // namespace gatehouse::grant
