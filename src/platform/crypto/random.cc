#include "platform/crypto/random.h"

#include <array>
#include <stdexcept>

#include <openssl/rand.h>

#include "platform/crypto/openssl_handle.h"

namespace gatehouse::crypto {

namespace {

constexpr std::size_t kByteValues = 256;

void fill(char* out, std::size_t count) {
  must(RAND_priv_bytes(reinterpret_cast<unsigned char*>(out), static_cast<int>(count)) == 1, "random bytes");
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill(bytes.data(), count);
  return bytes;
}

std::string random_text(std::size_t length, std::string_view alphabet) {
  if (alphabet.empty() || alphabet.size() > kByteValues) {
    throw std::logic_error("an alphabet has 1 to 256 characters");
  }
  // Bytes above the largest multiple of the alphabet's size would favour its first characters.
  const std::size_t fair = kByteValues - kByteValues % alphabet.size();
  std::string text;
  text.reserve(length);
  std::array<char, 64> pool{};
  while (text.size() < length) {
    fill(pool.data(), pool.size());
    for (std::size_t i = 0; i < pool.size() && text.size() < length; ++i) {
      if (const auto byte = static_cast<unsigned char>(pool[i]); byte < fair) {
        text += alphabet[byte % alphabet.size()];
      }
    }
  }
  return text;
}

}  // namespace gatehouse::crypto
