#include "worker/clean_up.h"

namespace gatehouse::worker {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kBite = 5000;
constexpr Micros kGrace = 24h;  // a process whose clock is off, a retry whose answer was lost

Task<std::int64_t> bites(postgres::Database& database, Context& ctx, postgres::Sql sql, TimePoint before) {
  std::int64_t total = 0;
  for (;;) {
    ctx.deadline = boot_time() + 30s;
    const postgres::Result result = co_await database.run(ctx, sql, postgres::Params(before, kBite));
    total += result.affected();
    if (result.affected() < kBite) {
      co_return total;
    }
  }
}

}  // namespace

Task<std::int64_t> clean_up(postgres::Database& database, Context& ctx, TimePoint now) {
  static constexpr postgres::Sql kSessions =
      "DELETE FROM _gatehouse_session AS t USING (SELECT app_id, id FROM _gatehouse_session WHERE expires_at < $1 "
      "LIMIT $2 FOR UPDATE SKIP LOCKED) AS old WHERE t.app_id = old.app_id AND t.id = old.id";
  static constexpr postgres::Sql kFamilies =
      "DELETE FROM _gatehouse_refresh AS t USING (SELECT app_id, grant_id FROM _gatehouse_refresh WHERE expires_at < "
      "$1 "
      "LIMIT $2 FOR UPDATE SKIP LOCKED) AS old WHERE t.app_id = old.app_id AND t.grant_id = old.grant_id";
  static constexpr postgres::Sql kCodes =
      "DELETE FROM _gatehouse_otp AS t USING (SELECT app_id, purpose, target_hash FROM _gatehouse_otp WHERE expires_at "
      "< $1 "
      "LIMIT $2 FOR UPDATE SKIP LOCKED) AS old "
      "WHERE t.app_id = old.app_id AND t.purpose = old.purpose AND t.target_hash = old.target_hash";
  static constexpr postgres::Sql kLockouts =
      "DELETE FROM _gatehouse_lockout AS t USING (SELECT app_id, user_id, scope FROM _gatehouse_lockout "
      "WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED) AS old "
      "WHERE t.app_id = old.app_id AND t.user_id = old.user_id AND t.scope = old.scope";
  static constexpr postgres::Sql kRevocations =
      "DELETE FROM _gatehouse_revocation AS t USING (SELECT app_id, id FROM _gatehouse_revocation WHERE revoked_at < "
      "$1 "
      "LIMIT $2 FOR UPDATE SKIP LOCKED) AS old WHERE t.app_id = old.app_id AND t.id = old.id";
  static constexpr postgres::Sql kLeases =
      "DELETE FROM _gatehouse_lease AS t USING (SELECT process_id FROM _gatehouse_lease WHERE renewed_at < $1 "
      "LIMIT $2 FOR UPDATE SKIP LOCKED) AS old WHERE t.process_id = old.process_id";
  std::int64_t total = 0;
  for (const auto& sql : {kSessions, kFamilies, kCodes, kLockouts, kRevocations, kLeases}) {
    total += co_await bites(database, ctx, sql, now - kGrace);
  }
  co_return total;
}

}  // namespace gatehouse::worker
