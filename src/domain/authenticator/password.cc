#include "domain/authenticator/password.h"

#include <openssl/crypto.h>

#include "domain/authenticator/password_hash.h"
#include "platform/base/error.h"
#include "platform/telemetry/log.h"

namespace gatehouse::authenticator {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestPassword = 8192;

void wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

void wipe_and_delete(std::string* text) {
  wipe(*text);
  delete text;
}

Error too_long(std::size_t bytes) {
  const json::object cause{
      {"location", ""}, {"kind", "maxLength"}, {"details", {{"actual", bytes}, {"expected", kLongestPassword}}}};
  return {ErrorKind::invalid, "ValidationFailed", "the password is too long", {{"causes", json::array{cause}}}};
}

void report(const project::Context& ctx) {
  log::error("a stored password hash cannot be read", {{"app_id", ctx.app_id().str()}, {"request_id", ctx.request_id}});
}

struct Checked {
  HashMatch match = HashMatch::no;
  std::optional<std::string> new_hash;
};

// A hash that cannot be read costs as much time as a good one.
HashMatch match_in_full(HashFormat format, const Password& password, const std::string& stored) {
  const HashMatch match = match_password(password.text(), stored);
  if (match == HashMatch::malformed) {
    hash_password(format, password.text());
  }
  return match;
}

Checked check(HashFormat format, const Password& password, const std::string& stored) {
  Checked checked{match_in_full(format, password, stored), std::nullopt};
  if (checked.match == HashMatch::yes && !is_current(format, stored)) {
    checked.new_hash = hash_password(format, password.text());
  }
  return checked;
}

}  // namespace

Password::Password(std::string text) {
  const std::size_t bytes = text.size();
  if (bytes <= kLongestPassword) {
    text_ = std::shared_ptr<const std::string>(
        new std::string(text), [](const std::string* kept) { wipe_and_delete(const_cast<std::string*>(kept)); });
  }
  wipe(text);
  if (bytes > kLongestPassword) {
    throw too_long(bytes);
  }
}

Task<std::string> PasswordHasher::hash(project::Context& ctx, Password password) {
  auto work = [format = format_, password] { return hash_password(format, password.text()); };
  co_return co_await pool_.run(ctx, std::move(work));
}

Task<PasswordVerdict> PasswordHasher::verify(project::Context& ctx, Password password, std::string stored) {
  auto work = [format = format_, password, stored] { return check(format, password, stored); };
  Checked checked = co_await pool_.run(ctx, std::move(work));
  if (checked.match == HashMatch::malformed) {
    report(ctx);
  }
  PasswordVerdict verdict;
  verdict.matches = checked.match == HashMatch::yes;
  verdict.new_hash = std::move(checked.new_hash);
  co_return verdict;
}

Task<bool> PasswordHasher::matches(project::Context& ctx, Password password, std::string stored) {
  auto work = [format = format_, password, stored] { return match_in_full(format, password, stored); };
  const HashMatch match = co_await pool_.run(ctx, std::move(work));
  if (match == HashMatch::malformed) {
    report(ctx);
  }
  co_return match == HashMatch::yes;
}

Task<void> PasswordHasher::pretend(project::Context& ctx, Password password, std::string scheme) {
  auto work = [hash = nobodys_hash(scheme), password] { match_password(password.text(), hash); };
  co_await pool_.run(ctx, std::move(work));
}

std::string PasswordHasher::scheme() const { return scheme_of(format_); }

bool is_expired(const project::PasswordConfig& config, const PasswordAuthenticator& password, TimePoint now) {
  if (password.expire_after && *password.expire_after < now) {
    return true;
  }
  return config.expiry_force_change_enabled && password.updated_at + config.expiry_duration_since_last_update < now;
}

}  // namespace gatehouse::authenticator
