#include "platform/base/uuid.h"

#include <cctype>

#include "platform/crypto/encoding.h"
#include "platform/crypto/random.h"

namespace gatehouse {

namespace {

std::string with_dashes(std::string bytes, char version) {
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = crypto::hex(bytes);
  for (const std::size_t position : {8, 13, 18, 23}) {
    text.insert(position, 1, '-');
  }
  return text;
}

}  // namespace

std::string uuid_v4() { return with_dashes(crypto::random_bytes(16), 4); }

std::string uuid_v7(TimePoint now) {
  std::string bytes = crypto::random_bytes(16);
  auto millis =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
  for (int i = 5; i >= 0; --i) {
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(millis & 0xff);
    millis >>= 8;
  }
  return with_dashes(std::move(bytes), 7);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

}  // namespace gatehouse
