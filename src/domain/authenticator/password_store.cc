#include "domain/authenticator/password.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"

namespace gatehouse::authenticator {

namespace {

namespace json = boost::json;

// The beginning of the UTC day that lies so many days back.
TimePoint days_back(TimePoint now, std::int64_t days) {
  return std::chrono::floor<std::chrono::days>(now) - std::chrono::days{days};
}

// Nothing is younger than this: the policy looks at no days.
constexpr TimePoint kNever{std::chrono::sys_days{std::chrono::year{9999} / 1 / 1}};

TimePoint history_begins(const project::PasswordPolicy& policy, TimePoint now) {
  return policy.history_days > 0 ? days_back(now, policy.history_days) : kNever;
}

void remember(postgres::Batch& batch, const project::Context& ctx, const PasswordAuthenticator& password) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _auth_password_history (id, app_id, created_at, user_id, password) VALUES ($1, $2, $3, $4, $5)";
  batch.add(kSql, uuid_v4(), ctx.app_id(), password.updated_at, password.user_id, password.password_hash);
}

// Keeps the newest ones that the policy asks for, and always the newest.
void forget(postgres::Batch& batch, const project::Context& ctx, const UserId& user) {
  static constexpr postgres::Sql kSql =
      "DELETE FROM _auth_password_history WHERE app_id = $1 AND user_id = $2 AND created_at < $4 AND id NOT IN ("
      "SELECT id FROM _auth_password_history WHERE app_id = $1 AND user_id = $2 ORDER BY created_at DESC, id LIMIT $3)";
  const auto& policy = ctx.config().password.policy;
  batch.add(kSql, ctx.app_id(), user, std::max<std::int64_t>(policy.history_size, 1),
            history_begins(policy, ctx.now()));
}

Error reused(const project::PasswordPolicy& policy) {
  const json::object cause{{"Name", "PasswordReused"},
                           {"Info", {{"history_size", policy.history_size}, {"history_days", policy.history_days}}}};
  return {
      ErrorKind::invalid, "PasswordPolicyViolated", "the password was used before", {{"causes", json::array{cause}}}};
}

}  // namespace

Task<std::vector<PasswordAuthenticator>> Passwords::of_user(project::Context& ctx, const UserId& user) {
  static constexpr postgres::Sql kSql =
      "SELECT a.id, a.user_id, a.created_at, a.updated_at, a.kind, p.password_hash, p.expire_after "
      "FROM _auth_authenticator a JOIN _auth_authenticator_password p ON p.id = a.id AND p.app_id = a.app_id "
      "WHERE a.app_id = $1 AND a.user_id = $2 AND a.type = 'password' ORDER BY a.id";
  return ctx.db().all<PasswordAuthenticator>(kSql, ctx.app_id(), user);
}

Task<void> Passwords::check_history(project::Context& ctx, const UserId& user, Password password) {
  static constexpr postgres::Sql kSql =
      "SELECT password FROM ("
      "SELECT password, created_at, row_number() OVER (ORDER BY created_at DESC, id) AS age "
      "FROM _auth_password_history WHERE app_id = $1 AND user_id = $2) h "
      "WHERE age <= $3 OR created_at >= $4 ORDER BY created_at DESC";
  const auto policy = ctx.config().password.policy;
  if (policy.history_size <= 0 && policy.history_days <= 0) {
    co_return;
  }
  const auto begin = history_begins(policy, ctx.now());
  const auto hashes = co_await ctx.db().all<std::string>(kSql, ctx.app_id(), user, policy.history_size, begin);
  for (const auto& hash : hashes) {
    if (co_await hasher_.matches(ctx, password, hash)) {
      throw reused(policy);
    }
  }
}

void Passwords::insert(postgres::Batch& batch, const project::Context& ctx, const PasswordAuthenticator& password) {
  static constexpr postgres::Sql kAuthenticator =
      "INSERT INTO _auth_authenticator (id, app_id, type, user_id, created_at, updated_at, is_default, kind) "
      "VALUES ($1, $2, 'password', $3, $4, $5, false, $6)";
  static constexpr postgres::Sql kPassword =
      "INSERT INTO _auth_authenticator_password (id, app_id, password_hash, expire_after) VALUES ($1, $2, $3, $4)";
  batch.add(kAuthenticator, password.id, ctx.app_id(), password.user_id, password.created_at, password.updated_at,
            password.kind);
  batch.add(kPassword, password.id, ctx.app_id(), password.password_hash, password.expire_after);
  remember(batch, ctx, password);
}

void Passwords::change(postgres::Batch& batch, const project::Context& ctx, const PasswordAuthenticator& password) {
  static constexpr postgres::Sql kAuthenticator =
      "UPDATE _auth_authenticator SET updated_at = $3 WHERE app_id = $1 AND id = $2";
  static constexpr postgres::Sql kPassword =
      "UPDATE _auth_authenticator_password SET password_hash = $3, expire_after = $4 WHERE app_id = $1 AND id = $2";
  batch.add(kAuthenticator, ctx.app_id(), password.id, password.updated_at);
  batch.add(kPassword, ctx.app_id(), password.id, password.password_hash, password.expire_after);
  remember(batch, ctx, password);
  forget(batch, ctx, password.user_id);
}

void Passwords::rehash(postgres::Batch& batch, const project::Context& ctx, const AuthenticatorId& id,
                       const std::string& old_hash, const std::string& new_hash) {
  static constexpr postgres::Sql kSql =
      "UPDATE _auth_authenticator_password SET password_hash = $4 "
      "WHERE app_id = $1 AND id = $2 AND password_hash = $3";
  batch.add(kSql, ctx.app_id(), id, old_hash, new_hash);
}

}  // namespace gatehouse::authenticator
