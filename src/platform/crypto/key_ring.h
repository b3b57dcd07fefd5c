#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {

// What a derived key is for; each purpose has its own key (HKDF-SHA-256 over the master key).
enum class Purpose { refresh_token, jti, otp, flow_state, finished_flow, sign_in, cookie, need, outbox, stand_in };

// The master keys: JSON {"active":"<id>","keys":[{"id":"<id>","key":"<base64url, 32 bytes>"}]}.
class KeyRing {
 public:
  static KeyRing parse(std::string_view json);  // throws std::runtime_error that names what is wrong
  static std::string generate();                // JSON of a ring with one new key

  const std::string& active_id() const { return active_; }
  std::vector<std::string> ids() const;  // the active one first
  // 32 bytes; nothing for an unknown id. Derived once, then kept.
  std::optional<std::string> derive(std::string_view id, Purpose purpose) const;
  std::string derive(Purpose purpose) const { return *derive(active_, purpose); }

  // AES-256-GCM under the active key: "<key id>.<base64url(nonce, ciphertext, tag)>". `bound_to` is authenticated.
  std::string seal(Purpose purpose, std::string_view plain, std::string_view bound_to) const;
  // Nothing unless it was sealed by a key of this ring for this purpose and binding.
  std::optional<std::string> open(Purpose purpose, std::string_view sealed, std::string_view bound_to) const;

 private:
  struct Key {
    std::string id;
    std::string secret;
    std::vector<std::string> derived;  // by purpose
  };
  const Key* find(std::string_view id) const;

  std::string active_;
  std::vector<Key> keys_;
};

// AES-256-GCM with a key of 32 bytes: nonce, ciphertext, tag.
std::string seal_with(std::string_view key, std::string_view plain, std::string_view bound_to);
std::optional<std::string> open_with(std::string_view key, std::string_view sealed, std::string_view bound_to);

// One AES-256 block (16 bytes).
std::string aes256_block(std::string_view key, std::string_view block);

}  // namespace gatehouse::crypto
