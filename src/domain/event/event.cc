#include "domain/event/event.h"

#include "platform/base/uuid.h"

namespace gatehouse::event {

namespace {

// The contract's event context, but for what is known only to the database (`seq`) or the worker.
boost::json::object context_of(const project::Context& ctx, const Event& event) {
  boost::json::object context{
      {"timestamp", unix_seconds(ctx.now())},
      {"user_id", event.user ? boost::json::value(event.user->str()) : boost::json::value(nullptr)},
      {"triggered_by", event.triggered_by},
      {"audit_context", {{"http_url", ctx.http_url}}},
      {"preferred_languages", boost::json::value_from(ctx.preferred_languages)},
      {"language", ctx.language},
      {"geo_location_code", nullptr},
      {"app_id", ctx.app_id().str()},
  };
  const auto add_if = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) {
      context[key] = value;
    }
  };
  add_if("ip_address", ctx.client_ip);
  add_if("user_agent", ctx.user_agent);
  add_if("client_id", ctx.client_id);
  add_if("tracking_id", ctx.request_id);
  boost::json::object oauth;
  if (!ctx.oauth_state.empty()) {
    oauth["state"] = ctx.oauth_state;
  }
  if (!ctx.oauth_x_state.empty()) {
    oauth["x_state"] = ctx.oauth_x_state;
  }
  if (!oauth.empty()) {
    context["oauth"] = std::move(oauth);
  }
  return context;
}

}  // namespace

void add(postgres::Batch& batch, const project::Context& ctx, const Event& event) {
  // id = the sequence number as 16 hexadecimal digits
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_outbox (app_id, id, kind, user_id, payload, created_at, available_at) "
      "SELECT $1, $2, 'event', $3, "
      "jsonb_build_object('id', lpad(to_hex(seq), 16, '0'), 'seq', seq) || $4::jsonb, $5, $5 "
      "FROM nextval('_auth_event_sequence') AS seq";
  const boost::json::object envelope{
      {"type", event.type}, {"payload", event.payload}, {"context", context_of(ctx, event)}};
  batch.add(kSql, ctx.app_id(), uuid_v7(ctx.now()), event.user ? event.user->str() : std::string(), envelope,
            ctx.now());
}

}  // namespace gatehouse::event
