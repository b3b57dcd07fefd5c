#include "domain/protection/lockout.h"

#include <algorithm>
#include <optional>

#include <boost/json.hpp>

#include "platform/http/address.h"

namespace gatehouse::protection {

namespace {

constexpr int kMostWaiting = 4;

bool applies(const project::LockoutConfig& config, std::string_view method) {
  const bool enabled = method == "password" ? config.password_enabled : method == "oob_otp" && config.oob_otp_enabled;
  return enabled && config.max_attempts > 0;
}

double seconds(Micros time) { return std::chrono::duration<double>(time).count(); }

Error locked_out(TimePoint until, TimePoint now) {
  const auto wait = std::chrono::ceil<Seconds>(until - now).count();
  return std::move(Error(ErrorKind::too_many_request, "AccountLockout", "the account is locked for a while",
                         {{"until", rfc3339(until)}})
                       .with_retry_after(static_cast<int>(std::max<std::int64_t>(wait, 1))));
}

Error too_many_at_once() {
  return std::move(Error(ErrorKind::too_many_request, "TooManyRequest", "too many attempts for this account at once")
                       .with_retry_after(1));
}

// Counts one attempt for `scope`, unless it is locked: then there is no row. The attempt that reaches the limit still
// runs; the lock that it sets is undone if it succeeds.
Task<bool> count_attempt(project::Context& ctx, const UserId& user, std::string scope) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_lockout AS l (app_id, user_id, scope, attempts, last_attempt_at, expires_at, "
      "locked_until) "
      "VALUES ($1, $2, $3, 1, $4, $4::timestamptz + greatest($9::float8, $7::float8) * interval '1 second', "
      "  CASE WHEN $5::int <= 1 THEN $4::timestamptz + least($6::float8, $7::float8) * interval '1 second' END) "
      "ON CONFLICT (app_id, user_id, scope) DO UPDATE SET "
      "  attempts = CASE WHEN l.last_attempt_at + $9::float8 * interval '1 second' <= $4 THEN 1 ELSE l.attempts + 1 "
      "END, "
      "  last_attempt_at = $4, expires_at = excluded.expires_at, "
      "  locked_until = CASE "
      "    WHEN (CASE WHEN l.last_attempt_at + $9::float8 * interval '1 second' <= $4 THEN 1 ELSE l.attempts + 1 END) "
      "         >= $5::int "
      "    THEN $4::timestamptz + least($6::float8 * exp(least(ln($8::float8) * ("
      "      (CASE WHEN l.last_attempt_at + $9::float8 * interval '1 second' <= $4 THEN 1 ELSE l.attempts + 1 END) "
      "      - $5::int), 50)), $7::float8) * interval '1 second' END "
      "WHERE l.locked_until IS NULL OR l.locked_until <= $4 "
      "RETURNING attempts";
  const auto& config = ctx.config().authentication.lockout;
  const auto counted = co_await ctx.db().optional<std::int32_t>(
      kSql, ctx.app_id(), user, scope, ctx.now(), config.max_attempts, seconds(config.minimum_duration),
      seconds(config.maximum_duration), std::max(config.backoff_factor, 1.0), seconds(config.history_duration));
  co_return counted.has_value();
}

Task<TimePoint> locked_until(project::Context& ctx, const UserId& user, std::string scope) {
  static constexpr postgres::Sql kSql =
      "SELECT coalesce(locked_until, $4) FROM _gatehouse_lockout WHERE app_id = $1 AND user_id = $2 AND scope = $3";
  const auto until = co_await ctx.db().optional<TimePoint>(kSql, ctx.app_id(), user, scope, ctx.now());
  co_return until.value_or(ctx.now());
}

std::string scope_of(const project::Context& ctx) {
  return ctx.config().authentication.lockout.per_ip ? http::client_network(ctx.client_ip) : std::string();
}

}  // namespace

class Lockout::Turn {
 public:
  Turn(std::unordered_map<std::string, int>& waiting, std::string key) : waiting_(waiting), key_(std::move(key)) {
    if (waiting_[key_] >= kMostWaiting) {
      throw too_many_at_once();
    }
    ++waiting_[key_];
  }
  ~Turn() {
    if (--waiting_[key_] == 0) {
      waiting_.erase(key_);
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::unordered_map<std::string, int>& waiting_;
  std::string key_;
};

Task<void> Lockout::reserve(project::Context& ctx, const UserId& user, std::string method) {
  if (!applies(ctx.config().authentication.lockout, method)) {
    co_return;
  }
  const UserId id = user;
  const Turn turn(waiting_, ctx.app_id().str() + "|" + id.str());
  if (co_await count_attempt(ctx, id, scope_of(ctx))) {
    co_return;
  }
  throw locked_out(co_await locked_until(ctx, id, scope_of(ctx)), ctx.now());
}

void Lockout::succeeded(postgres::Batch& batch, const project::Context& ctx, const UserId& user) {
  static constexpr postgres::Sql kSql =
      "DELETE FROM _gatehouse_lockout WHERE app_id = $1 AND user_id = $2 AND scope = $3";
  if (ctx.config().authentication.lockout.max_attempts > 0) {
    batch.add(kSql, ctx.app_id(), user, scope_of(ctx));
  }
}

}  // namespace gatehouse::protection
