#include <array>
#include <atomic>
#include <deque>
#include <stdexcept>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "platform/jose/key_impl.h"

namespace gatehouse::jose {

namespace {

namespace json = boost::json;
using crypto::Handle;
using crypto::must;
using crypto::must_have;
using Number = Handle<BIGNUM, BN_clear_free>;
using Builder = Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = Handle<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

constexpr int kSmallestRsa = 2048;
constexpr int kLargestRsa = 8192;
constexpr std::size_t kCoordinate = 32;  // RFC 7518 6.2.1.2, P-256
constexpr std::size_t kEs256Signature = 2 * kCoordinate;

// The members of a JWK beside n and e, with OpenSSL's names.
struct Member {
  const char* jwk;
  const char* openssl;
};
constexpr std::array<Member, 5> kRsaFactors{{{"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                             {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                             {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                             {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                             {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}}};

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error("JWK: " + what); }

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::optional<std::string> text_of(const json::object& jwk, std::string_view member) {
  const auto* value = jwk.if_contains(member);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    refuse("\"" + std::string(member) + "\" has to be a string");
  }
  return std::string(value->get_string());
}

std::string bytes_of(const json::object& jwk, const char* member) {
  const auto text = text_of(jwk, member);
  if (!text) {
    refuse("\"" + std::string(member) + "\" is missing");
  }
  auto bytes = crypto::from_base64url(*text);
  if (!bytes || bytes->empty()) {
    refuse("\"" + std::string(member) + "\" has to be base64url without padding");
  }
  return std::move(*bytes);
}

Number number_of(const std::string& bytes) {
  return Number(must_have(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr),
      "big number"));
}

void check_use(const json::object& jwk, std::string_view algorithm) {
  if (const auto alg = text_of(jwk, "alg"); alg && *alg != algorithm) {
    refuse("\"alg\" has to be \"" + std::string(algorithm) + "\" for this kind of key");
  }
  if (const auto use = text_of(jwk, "use"); use && *use != "sig") {
    refuse("\"use\" has to be \"sig\"");
  }
}

// What was pushed has to live, where it is, until the parameters are built.
class ParameterList {
 public:
  ParameterList() : builder_(must_have(OSSL_PARAM_BLD_new(), "parameters")) {}
  void add(const char* name, const std::string& big_endian) {
    numbers_.push_back(number_of(big_endian));
    must(OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get()) == 1, name);
  }
  void add_text(const char* name, const char* text) {
    must(OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text, 0) == 1, name);
  }
  void add_bytes(const char* name, std::string bytes) {
    const std::string& kept = bytes_.emplace_back(std::move(bytes));
    must(OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, kept.data(), kept.size()) == 1, name);
  }
  PrivateOrPublicKey build(const char* type, bool is_private) {
    const Parameters parameters(must_have(OSSL_PARAM_BLD_to_param(builder_.get()), "parameters"));
    const KeyContext context(must_have(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), type));
    must(EVP_PKEY_fromdata_init(context.get()) == 1, type);
    EVP_PKEY* key = nullptr;
    const int built =
        EVP_PKEY_fromdata(context.get(), &key, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters.get());
    if (built != 1) {
      ERR_clear_error();
      refuse(std::string("the numbers are not a key of kty ") + type);
    }
    return PrivateOrPublicKey(key);
  }

 private:
  Builder builder_;
  std::vector<Number> numbers_;
  std::deque<std::string> bytes_;
};

void add_rsa_private(ParameterList& list, const json::object& jwk) {
  list.add(OSSL_PKEY_PARAM_RSA_D, bytes_of(jwk, "d"));
  for (const auto& [jwk_name, openssl_name] : kRsaFactors) {
    list.add(openssl_name, bytes_of(jwk, jwk_name));
  }
}

void read_rsa(const json::object& jwk, Key::Impl& impl) {
  check_use(jwk, "RS256");
  if (jwk.contains("oth")) {
    refuse("keys with more than two primes (\"oth\") are not supported");
  }
  const std::string modulus = bytes_of(jwk, "n");
  const int bits = BN_num_bits(number_of(modulus).get());
  if (bits < kSmallestRsa || bits > kLargestRsa) {
    refuse("an RSA key has to have 2048 to 8192 bits, this one has " + std::to_string(bits));
  }
  const std::string exponent = bytes_of(jwk, "e");
  if (exponent.size() > 4 || (static_cast<unsigned char>(exponent.back()) & 1) == 0 || exponent == "\x01") {
    refuse("\"e\" has to be an odd number from 3 on, of at most 32 bits");
  }
  ParameterList list;
  list.add(OSSL_PKEY_PARAM_RSA_N, modulus);
  list.add(OSSL_PKEY_PARAM_RSA_E, exponent);
  if (impl.is_private) {
    add_rsa_private(list, jwk);
  }
  impl.algorithm = Algorithm::rs256;
  impl.key = list.build("RSA", impl.is_private);
  impl.signature_size = static_cast<std::size_t>(EVP_PKEY_get_size(impl.key.get()));
}

std::string coordinate_of(const json::object& jwk, const char* member) {
  std::string bytes = bytes_of(jwk, member);
  if (bytes.size() != kCoordinate) {
    refuse("\"" + std::string(member) + "\" has to be 32 bytes");
  }
  return bytes;
}

void read_ec(const json::object& jwk, Key::Impl& impl) {
  check_use(jwk, "ES256");
  if (text_of(jwk, "crv") != "P-256") {
    refuse("\"crv\" has to be \"P-256\"");
  }
  ParameterList list;
  list.add_text(OSSL_PKEY_PARAM_GROUP_NAME, "P-256");
  list.add_bytes(OSSL_PKEY_PARAM_PUB_KEY, "\x04" + coordinate_of(jwk, "x") + coordinate_of(jwk, "y"));
  if (impl.is_private) {
    list.add(OSSL_PKEY_PARAM_PRIV_KEY, coordinate_of(jwk, "d"));
  }
  impl.algorithm = Algorithm::es256;
  impl.key = list.build("EC", impl.is_private);
  impl.signature_size = kEs256Signature;
}

// A private half that does not belong to the public one would sign what nobody can verify.
void check_pair(const Key::Impl& impl) {
  constexpr std::string_view kProbe = "probe";
  bool fits = false;
  try {
    fits = signature_fits(impl, kProbe, signature(impl, kProbe));
  } catch (const std::runtime_error&) {
    ERR_clear_error();
  }
  if (!fits) {
    refuse("the private and the public half do not belong together");
  }
}

Key adopt(EVP_PKEY* key, Algorithm algorithm, std::string kid, const char* what) {
  auto impl = std::make_shared<Key::Impl>();
  impl->serial = next_serial();
  impl->kid = std::move(kid);
  impl->algorithm = algorithm;
  impl->is_private = true;
  impl->key.reset(must_have(key, what));
  impl->signature_size =
      algorithm == Algorithm::es256 ? kEs256Signature : static_cast<std::size_t>(EVP_PKEY_get_size(key));
  return Key(std::move(impl));
}

std::string member_of(const EVP_PKEY* key, const char* name, std::size_t size) {
  BIGNUM* raw = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &raw) == 1, name);
  const Number number(raw);
  const std::size_t length = size != 0 ? size : static_cast<std::size_t>(BN_num_bytes(number.get()));
  std::string bytes(length, '\0');
  must(BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(length)) >= 0, name);
  return crypto::base64url(bytes);
}

}  // namespace

std::string_view name_of(Algorithm algorithm) { return algorithm == Algorithm::rs256 ? "RS256" : "ES256"; }

Key Key::from_jwk(const json::object& jwk) {
  auto impl = std::make_shared<Impl>();
  impl->serial = next_serial();
  impl->kid = text_of(jwk, "kid").value_or("");
  impl->is_private = jwk.contains("d");
  const auto kty = text_of(jwk, "kty").value_or("");
  if (kty == "RSA") {
    read_rsa(jwk, *impl);
  } else if (kty == "EC") {
    read_ec(jwk, *impl);
  } else {
    refuse("\"kty\" has to be \"RSA\" or \"EC\"");
  }
  if (impl->is_private) {
    check_pair(*impl);
  }
  return Key(std::move(impl));
}

Key Key::generate_rsa(int bits, std::string kid) {
  if (bits < kSmallestRsa || bits > kLargestRsa) {
    throw std::logic_error("an RSA key has 2048 to 8192 bits");
  }
  return adopt(EVP_RSA_gen(static_cast<unsigned int>(bits)), Algorithm::rs256, std::move(kid), "RSA key generation");
}

Key Key::generate_p256(std::string kid) {
  return adopt(EVP_EC_gen("P-256"), Algorithm::es256, std::move(kid), "P-256 key generation");
}

const std::string& Key::kid() const { return impl_->kid; }

std::string Key::algorithm() const { return std::string(name_of(impl_->algorithm)); }

bool Key::is_private() const { return impl_->is_private; }

json::object Key::public_jwk() const {
  json::object jwk;
  if (!impl_->kid.empty()) {
    jwk["kid"] = impl_->kid;
  }
  jwk["alg"] = name_of(impl_->algorithm);
  jwk["use"] = "sig";
  if (impl_->algorithm == Algorithm::rs256) {
    jwk["kty"] = "RSA";
    jwk["n"] = member_of(impl_->key.get(), OSSL_PKEY_PARAM_RSA_N, 0);
    jwk["e"] = member_of(impl_->key.get(), OSSL_PKEY_PARAM_RSA_E, 0);
  } else {
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = member_of(impl_->key.get(), OSSL_PKEY_PARAM_EC_PUB_X, kCoordinate);
    jwk["y"] = member_of(impl_->key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinate);
  }
  return jwk;
}

json::object Key::private_jwk() const {
  if (!impl_->is_private) {
    throw std::logic_error("the key has no private half");
  }
  json::object jwk = public_jwk();
  if (impl_->algorithm == Algorithm::es256) {
    jwk["d"] = member_of(impl_->key.get(), OSSL_PKEY_PARAM_PRIV_KEY, kCoordinate);
    return jwk;
  }
  jwk["d"] = member_of(impl_->key.get(), OSSL_PKEY_PARAM_RSA_D, 0);
  for (const auto& [jwk_name, openssl_name] : kRsaFactors) {
    jwk[jwk_name] = member_of(impl_->key.get(), openssl_name, 0);
  }
  return jwk;
}

std::string thumbprint(const json::object& jwk) {
  const auto kty = text_of(jwk, "kty").value_or("");
  json::object required;  // RFC 7638 3.2, in lexicographic order
  const auto take = [&](std::string_view member) {
    const auto text = text_of(jwk, member);
    if (!text) {
      refuse("\"" + std::string(member) + "\" is missing");
    }
    required[member] = *text;
  };
  if (kty == "RSA") {
    take("e");
    take("kty");
    take("n");
  } else if (kty == "EC") {
    take("crv");
    take("kty");
    take("x");
    take("y");
  } else {
    refuse("\"kty\" has to be \"RSA\" or \"EC\"");
  }
  return crypto::base64url(crypto::sha256(json::serialize(required)));
}

}  // namespace gatehouse::jose
