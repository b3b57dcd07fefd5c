#include "platform/jose/jwt.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <boost/algorithm/string/case_conv.hpp>

#include "platform/base/strict_json.h"
#include "platform/crypto/encoding.h"
#include "platform/jose/key_impl.h"

namespace gatehouse::jose {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestJwt = std::size_t{16} * 1024;
constexpr std::string_view kMediaTypePrefix = "application/";  // RFC 7515 4.1.9: may be left out

// Header parameters that change what the rest means: critical extensions, unencoded payloads, encryption, compression.
constexpr std::array<std::string_view, 4> kForbidden{"crit", "b64", "enc", "zip"};

std::string header_of(const Key::Impl& key, std::string_view type) {
  json::object header{{"alg", name_of(key.algorithm)}};
  if (!key.kid.empty()) {
    header["kid"] = key.kid;
  }
  header["typ"] = type;
  return json::serialize(header);
}

struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view jwt) {
  const auto first = jwt.find('.');
  if (jwt.size() > kLongestJwt || first == std::string_view::npos) {
    return std::nullopt;
  }
  const auto second = jwt.find('.', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  const Parts parts{jwt.substr(0, first), jwt.substr(first + 1, second - first - 1), jwt.substr(second + 1),
                    jwt.substr(0, second)};
  if (parts.header.empty() || parts.claims.empty() || parts.signature.empty()) {
    return std::nullopt;
  }
  return parts;
}

std::optional<json::object> object_of(std::string_view encoded) {
  const auto text = crypto::from_base64url(encoded);
  if (!text) {
    return std::nullopt;
  }
  return parse_strict_object(*text);
}

// Absent: empty. Not a string: nothing.
std::optional<std::string> optional_text(const json::object& header, std::string_view name) {
  const auto* value = header.if_contains(name);
  if (value == nullptr) {
    return std::string();
  }
  if (!value->is_string()) {
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::string without_prefix(std::string type) {
  boost::algorithm::to_lower(type, std::locale::classic());
  if (type.starts_with(kMediaTypePrefix)) {
    type.erase(0, kMediaTypePrefix.size());
  }
  return type;
}

bool type_allowed(const json::object& header, const std::vector<std::string>& types) {
  const auto type = optional_text(header, "typ");
  return type && std::ranges::any_of(types, [wanted = without_prefix(*type)](const std::string& allowed) {
           return without_prefix(allowed) == wanted;
         });
}

bool is_plain(const json::object& header) {
  const auto content = optional_text(header, "cty");
  return content && content->empty() &&
         std::ranges::none_of(kForbidden, [&](std::string_view name) { return header.contains(name); });
}

const Key* key_of(const json::object& header, const std::vector<Key>& keys) {
  if (!header.contains("kid")) {
    return keys.size() == 1 ? &keys.front() : nullptr;
  }
  const auto kid = optional_text(header, "kid");
  const auto found =
      std::ranges::find_if(keys, [&](const Key& key) { return kid && !kid->empty() && key.kid() == *kid; });
  return found == keys.end() ? nullptr : &*found;
}

// The algorithm is the key's own; the header may only agree with it (RFC 8725 3.1).
bool algorithm_agrees(const json::object& header, const Key& key, const Expected& expected) {
  const auto algorithm = optional_text(header, "alg");
  return algorithm && *algorithm == key.algorithm() &&
         std::ranges::find(expected.algorithms, *algorithm) != expected.algorithms.end();
}

}  // namespace

std::string sign(const Key& key, std::string_view type, const json::object& claims) {
  return sign(key, type, json::serialize(claims));
}

std::string sign(const Key& key, std::string_view type, std::string_view claims_json) {
  if (!key.is_private()) {
    throw std::logic_error("a public key cannot sign");
  }
  std::string jwt = crypto::base64url(header_of(key.impl(), type));
  jwt += '.';
  jwt += crypto::base64url(claims_json);
  const std::string signed_part = crypto::base64url(signature(key.impl(), jwt));
  jwt += '.';
  jwt += signed_part;
  return jwt;
}

std::optional<Verified> verify(std::string_view jwt, const std::vector<Key>& keys, const Expected& expected) {
  const auto parts = split(jwt);
  if (!parts) {
    return std::nullopt;
  }
  auto header = object_of(parts->header);
  if (!header || !is_plain(*header) || !type_allowed(*header, expected.types)) {
    return std::nullopt;
  }
  const Key* key = key_of(*header, keys);
  if (key == nullptr || !algorithm_agrees(*header, *key, expected)) {
    return std::nullopt;
  }
  const auto signed_part = crypto::from_base64url(parts->signature);
  if (!signed_part || !signature_fits(key->impl(), parts->signed_text, *signed_part)) {
    return std::nullopt;
  }
  auto claims = object_of(parts->claims);
  if (!claims) {
    return std::nullopt;
  }
  return Verified{std::move(*header), std::move(*claims)};
}

}  // namespace gatehouse::jose
