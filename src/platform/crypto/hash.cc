#include "platform/crypto/hash.h"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "platform/crypto/encoding.h"
#include "platform/crypto/openssl_handle.h"

namespace gatehouse::crypto {

namespace {

using Digest = Handle<EVP_MD, EVP_MD_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Mac = Handle<EVP_MAC, EVP_MAC_free>;
using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;

constexpr std::size_t kSha256Size = 32;
constexpr std::size_t kLongestHkdf = 255 * kSha256Size;  // RFC 5869 2.3

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.empty() ? "" : bytes.data());
}

// Fetching an algorithm and making a context costs more than hashing a token: each thread does both once.
class Hasher {
 public:
  explicit Hasher(const char* name)
      : digest_(must_have(EVP_MD_fetch(nullptr, name, nullptr), name)), context_(must_have(EVP_MD_CTX_new(), name)) {}

  std::string operator()(std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int length = 0;
    must(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1 &&
             EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1 &&
             EVP_DigestFinal_ex(context_.get(), out.data(), &length) == 1,
         "digest");
    return {reinterpret_cast<const char*>(out.data()), length};
  }

 private:
  Digest digest_;
  DigestContext context_;
};

class HmacSha256 {
 public:
  HmacSha256()
      : mac_(must_have(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "HMAC")),
        context_(must_have(EVP_MAC_CTX_new(mac_.get()), "HMAC")) {
    std::array<char, 7> name{"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                                               OSSL_PARAM_construct_end()};
    must(EVP_MAC_CTX_set_params(context_.get(), parameters.data()) == 1, "HMAC");
  }

  std::string operator()(std::string_view key, std::string_view data) {
    std::string out(kSha256Size, '\0');
    std::size_t length = 0;
    must(EVP_MAC_init(context_.get(), data_of(key), key.size(), nullptr) == 1 &&
             EVP_MAC_update(context_.get(), data_of(data), data.size()) == 1 &&
             EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &length, out.size()) == 1,
         "HMAC");
    return out;
  }

 private:
  Mac mac_;
  MacContext context_;
};

}  // namespace

std::string sha256(std::string_view data) {
  thread_local Hasher hasher("SHA256");
  return hasher(data);
}

std::string sha256_hex(std::string_view data) { return hex(sha256(data)); }

std::string sha512(std::string_view data) {
  thread_local Hasher hasher("SHA512");
  return hasher(data);
}

std::string md5_hex(std::string_view data) {
  thread_local Hasher hasher("MD5");
  return hex(hasher(data));
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  thread_local HmacSha256 hmac;
  return hmac(key, data);
}

std::string hkdf_sha256(std::string_view key, std::string_view info, std::size_t length) {
  must(length <= kLongestHkdf, "HKDF of that length");
  const std::string extracted = hmac_sha256(std::string(kSha256Size, '\0'), key);
  std::string out;
  std::string block;
  for (char counter = 1; out.size() < length; ++counter) {
    block = hmac_sha256(extracted, block.append(info) + counter);
    out.append(block, 0, std::min(block.size(), length - out.size()));
  }
  return out;
}

bool secure_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(data_of(a), data_of(b), a.size()) == 0;
}

}  // namespace gatehouse::crypto
