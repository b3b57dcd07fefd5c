#include "worker/outbox_row.h"

#include <algorithm>

namespace gatehouse::worker {

namespace {

// Of a short lease, a sixth.
Micros reserve_of(Micros lease) { return std::min<Micros>(std::chrono::seconds{5}, lease / 6); }

}  // namespace

Claim::Claim(Micros lease)
    : send_until(boot_time() + lease - 2 * reserve_of(lease)), until(send_until + reserve_of(lease)) {}

Task<std::vector<OutboxRow>> claim(postgres::Database& database, Context& ctx, std::string kind, std::size_t most,
                                   TimePoint now, Micros lease) {
  static constexpr postgres::Sql kSql =
      "WITH picked AS MATERIALIZED ("
      "  SELECT app_id, id FROM _gatehouse_outbox WHERE kind = $1 AND available_at <= $2 "
      "  ORDER BY available_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
      "UPDATE _gatehouse_outbox AS o SET available_at = $4, attempts = o.attempts + 1 FROM picked "
      "WHERE o.app_id = picked.app_id AND o.id = picked.id "
      "RETURNING o.app_id, o.id, o.user_id, o.payload, o.sealed, o.created_at, o.attempts";
  const postgres::Result result = co_await database.run(ctx, kSql, postgres::Params(kind, now, most, now + lease));
  std::vector<OutboxRow> rows;
  rows.reserve(result.rows());
  for (std::size_t i = 0; i < result.rows(); ++i) {
    rows.push_back(result.as<OutboxRow>(i));
  }
  std::ranges::sort(rows, {}, &OutboxRow::id);  // UUIDv7: as they came
  co_return rows;
}

Task<void> put_off(postgres::Database& database, Context& ctx, OutboxRow row, TimePoint until, std::string why) {
  static constexpr postgres::Sql kSql =
      "UPDATE _gatehouse_outbox SET available_at = $4, last_error = $5 WHERE app_id = $1 AND id = $2 AND attempts = $3";
  co_await database.run(ctx, kSql, postgres::Params(row.app_id, row.id, row.attempts, until, why));
}

Task<void> put_off_all(postgres::Database& database, Context& ctx, const std::vector<OutboxRow>& rows, TimePoint until,
                       std::string why) {
  static constexpr postgres::Sql kSql =
      "UPDATE _gatehouse_outbox AS o SET available_at = $4, last_error = $5 "
      "FROM unnest($1::text[], $2::uuid[], $3::int[]) AS mine (app_id, id, attempts) "
      "WHERE o.app_id = mine.app_id AND o.id = mine.id AND o.attempts = mine.attempts";
  std::vector<std::string> apps;
  std::vector<std::string> ids;
  std::vector<std::string> attempts;
  for (const auto& row : rows) {
    apps.push_back(row.app_id);
    ids.push_back(row.id);
    attempts.push_back(std::to_string(row.attempts));
  }
  co_await database.run(ctx, kSql, postgres::Params(apps, ids, attempts, until, why));
}

void finish(postgres::Batch& batch, const OutboxRow& row) {
  static constexpr postgres::Sql kSql =
      "WITH gone AS (DELETE FROM _gatehouse_outbox WHERE app_id = $1 AND id = $2 AND attempts = $3 RETURNING 1) "
      "SELECT _gatehouse_require(EXISTS (SELECT 1 FROM gone), 'claimed by another process')";
  batch.add(kSql, row.app_id, row.id, row.attempts);
}

}  // namespace gatehouse::worker
