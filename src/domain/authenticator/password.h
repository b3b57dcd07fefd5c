#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/user.h"
#include "platform/cpu_pool/cpu_pool.h"
#include "project/context.h"

namespace gatehouse::authenticator {

// A password on its way through memory: never logged, wiped when the last copy goes. Throws Error
// Invalid/ValidationFailed (maxLength) for more than 8,192 bytes.
class Password {
 public:
  explicit Password(std::string text);
  const std::string& text() const { return *text_; }

 private:
  std::shared_ptr<const std::string> text_;
};

struct PasswordVerdict {
  bool matches = false;
  std::optional<std::string> new_hash;  // to store instead: the old format or its parameters are outdated
};

enum class HashFormat { argon2id, bcrypt_sha512 };  // what new hashes are written in

// Hashing in the CPU pool. Formats that are verified: $argon2id$ (PHC), $bcrypt-sha512$, $2a$/$2b$/$2y$.
class PasswordHasher {
 public:
  PasswordHasher(CpuPool& pool, HashFormat format) : pool_(pool), format_(format) {}

  Task<std::string> hash(project::Context& ctx, Password password);
  // A stored hash that cannot be read never matches; that goes to the log.
  Task<PasswordVerdict> verify(project::Context& ctx, Password password, std::string stored);
  Task<bool> matches(project::Context& ctx, Password password, std::string stored);
  // Takes as long as `verify` of a hash of this scheme (password_hash.h); for accounts that do not exist.
  Task<void> pretend(project::Context& ctx, Password password, std::string scheme);
  // The scheme of new hashes.
  std::string scheme() const;

 private:
  CpuPool& pool_;
  HashFormat format_;
};

// Error Invalid/PasswordPolicyViolated with causes [{Name, Info?}] for everything that is wrong at once.
// `user_inputs` (e-mail, names) count against guessability.
void check_policy(const project::PasswordPolicy& policy, const Password& password,
                  const std::vector<std::string>& user_inputs);
// The policy as the flow API shows it (password_policy object).
boost::json::object describe_policy(const project::PasswordPolicy& policy);
// zxcvbn score 0–4.
int guessability(const Password& password, const std::vector<std::string>& user_inputs);

// Whether the owner has to choose a new one: its own date is over, or the project's duration since it was set.
bool is_expired(const project::PasswordConfig& config, const PasswordAuthenticator& password, TimePoint now);

class Passwords {
 public:
  explicit Passwords(PasswordHasher& hasher) : hasher_(hasher) {}

  Task<std::vector<PasswordAuthenticator>> of_user(project::Context& ctx, const UserId& user);
  // Error Invalid/PasswordPolicyViolated with PasswordReused where the history has it.
  Task<void> check_history(project::Context& ctx, const UserId& user, Password password);

  // Both remember the password in the history; `change` drops of it what the policy does not look at.
  void insert(postgres::Batch& batch, const project::Context& ctx, const PasswordAuthenticator& password);
  void change(postgres::Batch& batch, const project::Context& ctx, const PasswordAuthenticator& password);
  // The same password in a newer format; only if it is still the hash that was verified.
  void rehash(postgres::Batch& batch, const project::Context& ctx, const AuthenticatorId& id,
              const std::string& old_hash, const std::string& new_hash);

 private:
  PasswordHasher& hasher_;
};

}  // namespace gatehouse::authenticator
