#include "domain/grant/access_token_text.h"

#include <algorithm>

#include "platform/crypto/encoding.h"
#include "platform/crypto/random.h"

namespace gatehouse::grant {

namespace {

constexpr std::size_t kTokenLength = 32;
constexpr std::size_t kDayLength = 3;  // 62^3 days: until the year 2622
constexpr std::size_t kBlock = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string exclusive_or(std::string a, std::string_view b) {
  std::ranges::transform(a, b, a.begin(), [](char x, char y) { return static_cast<char>(x ^ y); });
  return a;
}

std::string uuid_bytes(const std::string& uuid) {
  std::string digits = uuid;
  std::erase(digits, '-');
  return crypto::from_hex(digits).value();
}

std::string uuid_text(std::string_view bytes) {
  std::string text = crypto::hex(bytes);
  for (const std::size_t at : {8, 13, 18, 23}) {
    text.insert(at, 1, '-');
  }
  return text;
}

}  // namespace

std::string make_opaque_token(TimePoint expires_at) {
  auto day = std::chrono::floor<std::chrono::days>(expires_at).time_since_epoch().count();
  std::string prefix(kDayLength, crypto::kBase62.front());
  for (std::size_t i = kDayLength; i-- > 0; day /= 62) {
    prefix[i] = crypto::kBase62[static_cast<std::size_t>(day % 62)];
  }
  return prefix + crypto::random_text(kTokenLength - kDayLength, crypto::kBase62);
}

std::optional<std::chrono::sys_days> opaque_token_day(std::string_view token) {
  if (token.size() != kTokenLength || token.find_first_not_of(crypto::kBase62) != std::string_view::npos) {
    return std::nullopt;
  }
  int day = 0;
  for (const char digit : token.substr(0, kDayLength)) {
    day = day * 62 + static_cast<int>(crypto::kBase62.find(digit));
  }
  return std::chrono::sys_days{std::chrono::days{day}};
}

std::string make_jti(const crypto::KeyRing& keys, const GrantId& grant) {
  const std::string random = crypto::random_bytes(kBlock);
  const std::string pad = crypto::aes256_block(keys.derive(crypto::Purpose::jti), random);
  return crypto::hex(random + exclusive_or(uuid_bytes(grant.str()), pad));
}

std::vector<std::string> families_of_jti(const crypto::KeyRing& keys, std::string_view jti) {
  if (jti.size() != 4 * kBlock || jti.find_first_not_of(kHexDigits) != std::string_view::npos) {
    return {};
  }
  const std::string bytes = crypto::from_hex(jti).value();
  const std::string random = bytes.substr(0, kBlock);
  std::vector<std::string> families;
  for (const std::string& id : keys.ids()) {
    const std::string pad = crypto::aes256_block(*keys.derive(id, crypto::Purpose::jti), random);
    families.push_back(uuid_text(exclusive_or(bytes.substr(kBlock), pad)));
  }
  return families;
}

}  // namespace gatehouse::grant
