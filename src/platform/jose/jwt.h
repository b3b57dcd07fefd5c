#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace gatehouse::jose {

// One asymmetric key, parsed once. Copies share it.
class Key {
 public:
  // A JWK (RFC 7517) of kty RSA or EC P-256, private or public. Throws std::runtime_error that names what is wrong; the
  // message never contains key material.
  static Key from_jwk(const boost::json::object& jwk);
  static Key generate_rsa(int bits, std::string kid);  // about 140 ms for 2048: CPU pool
  static Key generate_p256(std::string kid);

  const std::string& kid() const;
  std::string algorithm() const;  // "RS256", "ES256"
  bool is_private() const;
  boost::json::object public_jwk() const;   // with kid, kty, alg, use
  boost::json::object private_jwk() const;  // throws std::logic_error without the private half

  struct Impl;
  explicit Key(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// RFC 7515 compact serialization. `type`: "JWT", "at+jwt" …
std::string sign(const Key& key, std::string_view type, const boost::json::object& claims);
std::string sign(const Key& key, std::string_view type, std::string_view claims_json);

struct Verified {
  boost::json::object header;
  boost::json::object claims;
};

// What a verifier insists on. There is no other way to read a JWT.
struct Expected {
  std::vector<std::string> types;  // allowed `typ` (case-insensitive); "" allows its absence
  std::vector<std::string> algorithms{"RS256", "ES256"};
};

// The claims, if the signature verifies under the key named by `kid` (or the only key, where there is no kid) with the
// key's own algorithm. Nothing for anything else: unsecured, symmetric, nested, critical extensions, duplicate members,
// broken encodings. Times, issuer and audience are the caller's to judge.
std::optional<Verified> verify(std::string_view jwt, const std::vector<Key>& keys, const Expected& expected);

// RFC 7638, base64url SHA-256.
std::string thumbprint(const boost::json::object& jwk);

}  // namespace gatehouse::jose
