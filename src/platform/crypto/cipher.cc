#include <stdexcept>

#include <openssl/evp.h>

#include "platform/crypto/key_ring.h"
#include "platform/crypto/openssl_handle.h"
#include "platform/crypto/random.h"

namespace gatehouse::crypto {

namespace {

using Cipher = Handle<EVP_CIPHER, EVP_CIPHER_free>;
using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kBlockSize = 16;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

// Each thread fetches an algorithm and makes a context once.
struct Prepared {
  explicit Prepared(const char* name)
      : cipher(must_have(EVP_CIPHER_fetch(nullptr, name, nullptr), name)),
        context(must_have(EVP_CIPHER_CTX_new(), name)) {}
  Cipher cipher;
  CipherContext context;
};

Prepared& gcm() {
  thread_local Prepared prepared("AES-256-GCM");
  return prepared;
}

const unsigned char* in(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.empty() ? "" : bytes.data());
}

unsigned char* out(std::string& bytes, std::size_t offset = 0) {
  return reinterpret_cast<unsigned char*>(bytes.data()) + offset;
}

void check_key(std::string_view key) {
  if (key.size() != kKeySize) {
    throw std::logic_error("an AES-256 key has 32 bytes");
  }
}

}  // namespace

std::string seal_with(std::string_view key, std::string_view plain, std::string_view bound_to) {
  check_key(key);
  auto& [cipher, context] = gcm();
  std::string sealed = random_bytes(kNonceSize);
  sealed.resize(kNonceSize + plain.size() + kTagSize);
  int length = 0;
  must(EVP_EncryptInit_ex2(context.get(), cipher.get(), in(key), in(sealed), nullptr) == 1 &&
           EVP_EncryptUpdate(context.get(), nullptr, &length, in(bound_to), static_cast<int>(bound_to.size())) == 1 &&
           EVP_EncryptUpdate(context.get(), out(sealed, kNonceSize), &length, in(plain),
                             static_cast<int>(plain.size())) == 1 &&
           EVP_EncryptFinal_ex(context.get(), out(sealed, kNonceSize + plain.size()), &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize,
                               out(sealed, kNonceSize + plain.size())) == 1,
       "AES-256-GCM");
  return sealed;
}

std::optional<std::string> open_with(std::string_view key, std::string_view sealed, std::string_view bound_to) {
  check_key(key);
  if (sealed.size() < kNonceSize + kTagSize) {
    return std::nullopt;
  }
  auto& [cipher, context] = gcm();
  const std::string_view ciphertext = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string plain(ciphertext.size() + kBlockSize, '\0');
  int length = 0;
  must(EVP_DecryptInit_ex2(context.get(), cipher.get(), in(key), in(sealed), nullptr) == 1 &&
           EVP_DecryptUpdate(context.get(), nullptr, &length, in(bound_to), static_cast<int>(bound_to.size())) == 1 &&
           EVP_DecryptUpdate(context.get(), out(plain), &length, in(ciphertext), static_cast<int>(ciphertext.size())) ==
               1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1,
       "AES-256-GCM");
  if (EVP_DecryptFinal_ex(context.get(), out(plain, ciphertext.size()), &length) != 1) {
    return std::nullopt;
  }
  plain.resize(ciphertext.size());
  return plain;
}

std::string aes256_block(std::string_view key, std::string_view block) {
  check_key(key);
  if (block.size() != kBlockSize) {
    throw std::logic_error("an AES block has 16 bytes");
  }
  thread_local Prepared prepared("AES-256-ECB");
  std::string result(2 * kBlockSize, '\0');
  int length = 0;
  must(EVP_EncryptInit_ex2(prepared.context.get(), prepared.cipher.get(), in(key), nullptr, nullptr) == 1 &&
           EVP_CIPHER_CTX_set_padding(prepared.context.get(), 0) == 1 &&
           EVP_EncryptUpdate(prepared.context.get(), out(result), &length, in(block), kBlockSize) == 1,
       "AES-256");
  result.resize(kBlockSize);
  return result;
}

}  // namespace gatehouse::crypto
