#pragma once

#include <vector>

#include "platform/telemetry/metrics.h"
#include "worker/outbox_row.h"

namespace gatehouse::worker {

// Events on their way to the audit log. Exactly once: the row's id is the event's, and a repeat changes nothing.
class AuditDelivery {
 public:
  // `audit` may be null: the deployment has no audit database, and events are dropped.
  AuditDelivery(postgres::Database& database, postgres::Database* audit, const Clock& clock,
                telemetry::Metrics& metrics)
      : database_(database), audit_(audit), clock_(clock), metrics_(metrics) {}

  // Rows whose envelope is malformed, or whose data the database refuses (SQLSTATE classes 22 and 23), are put off for
  // an hour, with a log and a metric; throws Error ServiceUnavailable while a database is away or the audit database
  // refuses to write for any other cause (its disk is full, a lock, a right that is missing).
  Task<void> deliver(Context& ctx, std::vector<OutboxRow> rows);

 private:
  Task<void> write_all(Context& ctx, const std::vector<OutboxRow>& rows);
  Task<void> park(Context& ctx, const OutboxRow& row, std::string why);
  Task<void> park_malformed(Context& ctx, std::vector<OutboxRow>& rows);
  Task<bool> write_one(Context& ctx, const OutboxRow& row);
  Task<void> write(Context& ctx, std::vector<OutboxRow>& rows);
  Task<void> remove(Context& ctx, const std::vector<OutboxRow>& rows);

  postgres::Database& database_;
  postgres::Database* audit_;
  const Clock& clock_;
  telemetry::Metrics& metrics_;
};

}  // namespace gatehouse::worker
