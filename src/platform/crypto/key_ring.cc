#include "platform/crypto/key_ring.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <boost/json.hpp>

#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::crypto {

namespace {

namespace json = boost::json;

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kLongestId = 32;
constexpr std::string_view kIdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// In the order of Purpose. The names are part of the derivation: never change one.
constexpr std::array<std::string_view, 10> kPurposes{"refresh_token", "jti",    "otp",  "flow_state", "finished_flow",
                                                     "sign_in",       "cookie", "need", "outbox",     "stand_in"};
static_assert(kPurposes.size() == static_cast<std::size_t>(Purpose::stand_in) + 1);

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error("master key: " + what); }

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    refuse("\"" + std::string(name) + "\" has to be a string");
  }
  return std::string(value->get_string());
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && id.find_first_not_of(kIdCharacters) == std::string_view::npos;
}

std::string id_of(const json::object& key) {
  std::string id = text_member(key, "id");
  if (!is_id(id)) {
    refuse("\"id\" has to be 1 to 32 letters, digits, - and _");
  }
  return id;
}

std::string secret_of(const json::object& key, const std::string& id) {
  auto secret = from_base64url(text_member(key, "key"));
  if (!secret || secret->size() != kKeySize) {
    refuse("the key \"" + id + "\" has to be 32 bytes in base64url without padding");
  }
  return std::move(*secret);
}

std::vector<std::string> derive_all(const std::string& secret) {
  std::vector<std::string> derived;
  derived.reserve(kPurposes.size());
  for (const auto purpose : kPurposes) {
    derived.push_back(hkdf_sha256(secret, "gatehouse " + std::string(purpose), kKeySize));
  }
  return derived;
}

const json::object& object_of(const json::value& value, const char* what) {
  if (!value.is_object()) {
    refuse(std::string(what) + " has to be a JSON object");
  }
  return value.get_object();
}

const json::array& keys_of(const json::object& ring) {
  const auto* keys = ring.if_contains("keys");
  if (keys == nullptr || !keys->is_array() || keys->get_array().empty()) {
    refuse("\"keys\" has to be a list with at least one key");
  }
  return keys->get_array();
}

}  // namespace

KeyRing KeyRing::parse(std::string_view text) {
  boost::system::error_code broken;
  const json::value document = json::parse(json::string_view(text.data(), text.size()), broken);
  if (broken) {
    refuse("the file is not JSON");
  }
  const json::object& root = object_of(document, "the file");
  KeyRing ring;
  ring.active_ = text_member(root, "active");
  for (const auto& item : keys_of(root)) {
    const json::object& key = object_of(item, "each key");
    const std::string id = id_of(key);
    if (ring.find(id) != nullptr) {
      refuse("the id \"" + id + "\" comes twice");
    }
    const std::string secret = secret_of(key, id);
    ring.keys_.push_back({id, secret, derive_all(secret)});
  }
  if (ring.find(ring.active_) == nullptr) {
    refuse("\"active\" names no key of the list");
  }
  return ring;
}

std::string KeyRing::generate() {
  const std::string id = random_text(8, kBase62);
  const json::object ring{{"active", id},
                          {"keys", json::array{json::object{{"id", id}, {"key", base64url(random_bytes(kKeySize))}}}}};
  return json::serialize(ring);
}

std::vector<std::string> KeyRing::ids() const {
  std::vector<std::string> ids{active_};
  for (const auto& key : keys_) {
    if (key.id != active_) {
      ids.push_back(key.id);
    }
  }
  return ids;
}

std::optional<std::string> KeyRing::derive(std::string_view id, Purpose purpose) const {
  const Key* key = find(id);
  if (key == nullptr) {
    return std::nullopt;
  }
  return key->derived.at(static_cast<std::size_t>(purpose));
}

std::string KeyRing::seal(Purpose purpose, std::string_view plain, std::string_view bound_to) const {
  return active_ + "." + base64url(seal_with(derive(purpose), plain, bound_to));
}

std::optional<std::string> KeyRing::open(Purpose purpose, std::string_view sealed, std::string_view bound_to) const {
  const auto dot = sealed.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const auto key = derive(sealed.substr(0, dot), purpose);
  const auto bytes = from_base64url(sealed.substr(dot + 1));
  if (!key || !bytes) {
    return std::nullopt;
  }
  return open_with(*key, *bytes, bound_to);
}

const KeyRing::Key* KeyRing::find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &Key::id);
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace gatehouse::crypto
