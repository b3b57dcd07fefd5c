#pragma once

#include <cstdint>
#include <string>

#include <boost/json.hpp>
#include <openssl/evp.h>

#include "platform/crypto/openssl_handle.h"
#include "platform/jose/jwt.h"

namespace gatehouse::jose {

using PrivateOrPublicKey = crypto::Handle<EVP_PKEY, EVP_PKEY_free>;

enum class Algorithm { rs256, es256 };

std::string_view name_of(Algorithm algorithm);

// Immutable; shared by all threads. Signing and verifying use a copy of `key` of each thread's own (signature.cc).
struct Key::Impl {
  std::uint64_t serial = 0;  // unique in the process
  std::string kid;
  Algorithm algorithm = Algorithm::rs256;
  bool is_private = false;
  std::size_t signature_size = 0;
  PrivateOrPublicKey key;
};

// RFC 7518 3.3 and 3.4: the signature over `data`, as it stands in a JWS.
std::string signature(const Key::Impl& key, std::string_view data);
bool signature_fits(const Key::Impl& key, std::string_view data, std::string_view signature);

}  // namespace gatehouse::jose
