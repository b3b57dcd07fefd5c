#include <array>
#include <vector>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "platform/crypto/hash.h"
#include "platform/jose/key_impl.h"

namespace gatehouse::jose {

namespace {

using crypto::Handle;
using crypto::must;
using crypto::must_have;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EcdsaSignature = Handle<ECDSA_SIG, ECDSA_SIG_free>;

constexpr std::size_t kCoordinate = 32;
constexpr std::size_t kKeysKept = 32;

enum class Direction { sign, verify };

// One key of one thread: a copy of its own (RSA blinding of a shared one takes a lock), initialised once.
struct Operation {
  std::uint64_t serial = 0;
  PrivateOrPublicKey key;
  KeyContext context;
};

Operation prepare(const Key::Impl& impl, Direction direction) {
  Operation operation;
  operation.serial = impl.serial;
  operation.key.reset(must_have(EVP_PKEY_dup(impl.key.get()), "copy of a key"));
  operation.context.reset(must_have(EVP_PKEY_CTX_new(operation.key.get(), nullptr), "key context"));
  EVP_PKEY_CTX* context = operation.context.get();
  must((direction == Direction::sign ? EVP_PKEY_sign_init(context) : EVP_PKEY_verify_init(context)) == 1,
       "key context");
  if (impl.algorithm == Algorithm::rs256) {
    must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1, "RSA padding");
  }
  must(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1, "signature digest");
  return operation;
}

// The oldest goes when there are more keys than that: a host of many projects.
class Operations {
 public:
  explicit Operations(Direction direction) : direction_(direction) {}

  EVP_PKEY_CTX* of(const Key::Impl& impl) {
    for (const auto& operation : kept_) {
      if (operation.serial == impl.serial) {
        return operation.context.get();
      }
    }
    Operation fresh = prepare(impl, direction_);
    if (kept_.size() < kKeysKept) {
      return kept_.emplace_back(std::move(fresh)).context.get();
    }
    next_ = (next_ + 1) % kKeysKept;
    kept_[next_] = std::move(fresh);
    return kept_[next_].context.get();
  }

 private:
  Direction direction_;
  std::vector<Operation> kept_;
  std::size_t next_ = 0;
};

const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// RFC 7518 3.4: r and s of 32 bytes each, where OpenSSL speaks DER.
std::string raw_of(std::string_view der) {
  const unsigned char* position = in(der);
  const EcdsaSignature parsed(
      must_have(d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())), "ECDSA signature"));
  std::string raw(2 * kCoordinate, '\0');
  must(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out(raw), kCoordinate) >= 0 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out(raw) + kCoordinate, kCoordinate) >= 0,
       "ECDSA signature");
  return raw;
}

std::string der_of(std::string_view raw) {
  const EcdsaSignature parsed(must_have(ECDSA_SIG_new(), "ECDSA signature"));
  BIGNUM* r = must_have(BN_bin2bn(in(raw), kCoordinate, nullptr), "ECDSA signature");
  BIGNUM* s = must_have(BN_bin2bn(in(raw) + kCoordinate, kCoordinate, nullptr), "ECDSA signature");
  must(ECDSA_SIG_set0(parsed.get(), r, s) == 1, "ECDSA signature");
  unsigned char* encoded = nullptr;
  const int length = i2d_ECDSA_SIG(parsed.get(), &encoded);
  must(length > 0, "ECDSA signature");
  std::string der(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
  OPENSSL_free(encoded);
  return der;
}

}  // namespace

std::string signature(const Key::Impl& key, std::string_view data) {
  thread_local Operations operations(Direction::sign);
  const std::string digest = crypto::sha256(data);
  std::string result(static_cast<std::size_t>(EVP_PKEY_get_size(key.key.get())), '\0');
  std::size_t length = result.size();
  must(EVP_PKEY_sign(operations.of(key), out(result), &length, in(digest), digest.size()) == 1, "signing");
  result.resize(length);
  return key.algorithm == Algorithm::es256 ? raw_of(result) : result;
}

bool signature_fits(const Key::Impl& key, std::string_view data, std::string_view signature) {
  thread_local Operations operations(Direction::verify);
  if (signature.size() != key.signature_size) {
    return false;
  }
  const std::string digest = crypto::sha256(data);
  const std::string encoded = key.algorithm == Algorithm::es256 ? der_of(signature) : std::string(signature);
  const int verdict = EVP_PKEY_verify(operations.of(key), in(encoded), encoded.size(), in(digest), digest.size());
  if (verdict != 1) {
    ERR_clear_error();
  }
  return verdict == 1;
}

}  // namespace gatehouse::jose
