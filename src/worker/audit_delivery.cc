#include "worker/audit_delivery.h"

#include <functional>

#include <boost/asio/ip/address.hpp>

#include "platform/telemetry/log.h"

namespace gatehouse::worker {

namespace {

constexpr Micros kPoisonPause = std::chrono::hours{1};

std::optional<std::string> text_of(const boost::json::object& json, std::string_view key) {
  const auto* const value = json.if_contains(key);
  if (value == nullptr || !value->is_string() || value->as_string().empty()) {
    return std::nullopt;
  }
  return std::string(value->as_string());
}

// Whether the row itself is what is wrong, so that trying again helps nobody: bad data, or a constraint.
bool is_of_the_row(const postgres::StatementError& error) {
  return error.sqlstate().starts_with("22") || error.sqlstate().starts_with("23");
}

Error refused(const postgres::StatementError& error) {
  return unavailable("the audit database refuses to write, SQLSTATE " + error.sqlstate());
}

// What PostgreSQL's inet takes; anything else would fail the whole batch.
std::optional<std::string> address_of(const boost::json::object& context) {
  const auto text = text_of(context, "ip_address");
  if (!text) {
    return std::nullopt;
  }
  boost::system::error_code wrong;
  const auto address = asio::ip::make_address(*text, wrong);
  if (wrong || (address.is_v6() && address.to_v6().scope_id() != 0)) {
    return std::nullopt;
  }
  return address.to_string();
}

// Nothing of a row is sure but its columns: what an older or a newer version wrote, or a hand, may have any shape.
bool is_envelope(const OutboxRow& row) {
  const auto* const envelope = row.payload ? row.payload->if_object() : nullptr;
  const auto* const context = envelope != nullptr ? envelope->if_contains("context") : nullptr;
  if (context == nullptr || !context->is_object() || !text_of(*envelope, "id") || !text_of(*envelope, "type")) {
    return false;
  }
  const auto* const timestamp = context->get_object().if_contains("timestamp");
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  return timestamp != nullptr && timestamp->is_int64() && timestamp->get_int64() >= 0 &&
         timestamp->get_int64() < kYear10000;
}

void add_entry(postgres::Batch& batch, const OutboxRow& row) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _audit_log (id, app_id, created_at, user_id, activity_type, ip_address, user_agent, client_id, "
      "data) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
  const boost::json::object& envelope = row.payload.value().as_object();
  const boost::json::object& context = envelope.at("context").as_object();
  batch.add(kSql, text_of(envelope, "id"), row.app_id, from_unix_seconds(context.at("timestamp").as_int64()),
            row.user_id, text_of(envelope, "type"), address_of(context), text_of(context, "user_agent"),
            text_of(context, "client_id"), envelope);
}

}  // namespace

Task<void> AuditDelivery::write_all(Context& ctx, const std::vector<OutboxRow>& rows) {
  postgres::Batch batch;
  for (const auto& row : rows) {
    add_entry(batch, row);
  }
  co_await audit_->batch(ctx, std::move(batch));
}

Task<bool> AuditDelivery::write_one(Context& ctx, const OutboxRow& row) {
  std::string sqlstate;
  try {
    postgres::Batch batch;
    add_entry(batch, row);
    co_await audit_->batch(ctx, std::move(batch));
    co_return true;
  } catch (const postgres::StatementError& error) {
    if (!is_of_the_row(error)) {
      throw refused(error);
    }
    sqlstate = error.sqlstate();
  }
  co_await park(ctx, row, "the audit database refuses it: " + sqlstate);
  co_return false;
}

// Kept for whoever mends it, and out of the way of the others.
Task<void> AuditDelivery::park(Context& ctx, const OutboxRow& row, std::string why) {
  metrics_.count("gatehouse_audit_refused_total");
  log::error("an event is not written into the audit log", {{"id", row.id}, {"project", row.app_id}, {"cause", why}});
  co_await put_off(database_, ctx, row, clock_.now() + kPoisonPause, std::move(why));
}

Task<void> AuditDelivery::park_malformed(Context& ctx, std::vector<OutboxRow>& rows) {
  for (const auto& row : rows) {
    if (!is_envelope(row)) {
      co_await park(ctx, row, "its envelope is malformed");
    }
  }
  std::erase_if(rows, std::not_fn(is_envelope));
}

// One bad row must not hold up the others: the batch that fails is written row by row.
Task<void> AuditDelivery::write(Context& ctx, std::vector<OutboxRow>& rows) {
  bool one_is_bad = false;
  try {
    co_await write_all(ctx, rows);
  } catch (const postgres::StatementError& error) {
    if (!is_of_the_row(error)) {
      throw refused(error);
    }
    one_is_bad = true;
  }
  if (!one_is_bad) {
    co_return;
  }
  std::vector<OutboxRow> written;
  for (const auto& row : rows) {
    const bool done = co_await write_one(ctx, row);
    if (done) {
      written.push_back(row);
    }
  }
  rows = std::move(written);
}

Task<void> AuditDelivery::remove(Context& ctx, const std::vector<OutboxRow>& rows) {
  static constexpr postgres::Sql kSql =
      "DELETE FROM _gatehouse_outbox WHERE (app_id, id) IN (SELECT app_id, id FROM unnest($1::text[], $2::uuid[]) AS "
      "done (app_id, id))";
  std::vector<std::string> apps;
  std::vector<std::string> ids;
  for (const auto& row : rows) {
    apps.push_back(row.app_id);
    ids.push_back(row.id);
  }
  co_await database_.run(ctx, kSql, postgres::Params(apps, ids));
}

Task<void> AuditDelivery::deliver(Context& ctx, std::vector<OutboxRow> rows) {
  if (audit_ != nullptr) {
    co_await park_malformed(ctx, rows);
    co_await write(ctx, rows);
  }
  if (!rows.empty()) {
    co_await remove(ctx, rows);
    metrics_.count("gatehouse_audit_events_total", {}, static_cast<double>(rows.size()));
  }
}

}  // namespace gatehouse::worker
