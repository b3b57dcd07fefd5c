#include "domain/grant/refresh_token.h"

#include <boost/describe.hpp>

#include "domain/client/oauth_error.h"
#include "domain/session/last_access.h"
#include "domain/session/sessions.h"
#include "platform/crypto/hash.h"
#include "platform/telemetry/log.h"

namespace gatehouse::grant {

namespace {

constexpr Seconds kGrace{30};
constexpr int kTries = 3;

// What _gatehouse_refresh_use answers.
struct Answer {
  std::string verdict;
  std::optional<std::int32_t> current_generation;
  bool wrote = false;
  std::optional<std::string> key;
  std::optional<std::string> user;
  std::optional<std::string> session;
  std::optional<TimePoint> session_used_at;
  std::optional<std::vector<std::string>> scopes;
  std::optional<std::vector<std::string>> amr;
  std::optional<TimePoint> authenticated_at;
  std::optional<boost::json::object> facts;

  bool granted() const { return verdict == "current" || verdict == "previous"; }
};
BOOST_DESCRIBE_STRUCT(Answer, (),
                      (verdict, current_generation, wrote, key, user, session, session_used_at, scopes, amr,
                       authenticated_at, facts))

postgres::Batch statement(const project::Context& ctx, const project::OAuthClient& client,
                          const std::optional<AuthenticSecret>& secret, const RefreshTokens::Request& request) {
  static constexpr postgres::Sql kSql =
      "WITH used AS (SELECT * FROM "
      "_gatehouse_refresh_use($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)) "
      "SELECT verdict, current_generation, wrote, key, who, session, session_used_at, granted_scopes, methods, "
      "auth_time, "
      "facts FROM used";
  std::optional<std::string> key_id;
  std::optional<std::int32_t> generation;
  if (secret) {
    key_id = secret->key_id;
    generation = secret->generation;
  }
  std::optional<TimePoint> idle_since;
  if (client.refresh_token_idle_timeout_enabled) {
    idle_since = ctx.now() - client.refresh_token_idle_timeout;
  }
  const auto session_bounds = session::living_bounds(ctx);
  std::optional<postgres::Binary> token_hash;
  if (request.opaque_token) {
    token_hash = postgres::Binary{crypto::sha256(*request.opaque_token)};
  }
  const Micros interval =
      session::LastAccess::interval(client.refresh_token_idle_timeout_enabled, client.refresh_token_idle_timeout);
  postgres::Batch batch;
  batch.add(kSql, ctx.app_id(), request.token.grant, client.client_id, ctx.now(), key_id, generation,
            crypto::sha256_hex(request.token.secret), client.refresh_token_rotation_enabled, ctx.now() - kGrace,
            idle_since, session_bounds.used_since, ctx.now() - interval, ctx.client_ip, ctx.user_agent, token_hash,
            request.token_expires_at, request.scopes, session_bounds.opened_since, request.device_info);
  return batch;
}

// Repeating it is harmless: the token that was just rotated is the previous one now and gets the same successor.
Task<Answer> ask(project::Context& ctx, postgres::Batch batch) {
  for (int left = kTries;; --left) {
    try {
      const auto results = co_await ctx.commit(batch);
      co_return results.at(0).as<Answer>(0);
    } catch (const Error& error) {
      if (error.reason() != "CommitUnknown" || left == 1) {
        throw;
      }
    }
  }
}

bool session_use_is_due(const project::Context& ctx, TimePoint used_at) {
  const auto& config = ctx.config().session;
  return ctx.now() - used_at >= session::LastAccess::interval(config.idle_timeout_enabled, config.idle_timeout);
}

[[noreturn]] void refuse(const Answer& answer, const GrantId& grant, const project::OAuthClient& client) {
  if (answer.verdict == "reused") {
    log::warn("a refresh token was used again after its grace; its grant was revoked",
              {{"grant_id", grant.str()}, {"client_id", client.client_id.str()}});
  }
  if (answer.verdict == "scope_not_granted") {
    throw client::invalid_scope("scope must be within what was granted");
  }
  throw client::invalid_grant("the refresh token is not valid");
}

}  // namespace

Task<RefreshUse> RefreshTokens::use(project::Context& ctx, const project::OAuthClient& client, Request request) {
  const auto secret = authenticate_refresh_secret(keys_, request.token);
  session::Ticket ticket = feed_.ticket(ctx.app_id(), {request.token.grant.str()});
  const Answer answer = co_await ask(ctx, statement(ctx, client, secret, request));
  if (!answer.granted()) {
    if (answer.verdict == "reused") {
      feed_.announce(ctx.app_id(), {request.token.grant.str()});
    }
    refuse(answer, request.token.grant, client);
  }
  RefreshUse use;
  const UserId user{answer.user.value()};
  if (!answer.wrote) {
    // Nothing was written, so nothing proves yet that this is the primary.
    ticket.ids.push_back(user.str());
    if (answer.session) {
      ticket.ids.push_back(*answer.session);
    }
    co_await feed_.ensure_fresh(ctx);
    if (!feed_.holds(ticket)) {
      throw unavailable("cannot confirm that the grant was not revoked");
    }
    use.ticket = std::move(ticket);
  }
  use.subject.grant = request.token.grant;
  use.subject.user = parse_user_facts(ctx.config(), user, answer.facts.value());
  use.subject.scopes = answer.scopes.value();
  use.subject.amr = answer.amr.value();
  use.subject.authenticated_at = answer.authenticated_at.value();
  if (answer.session && session_use_is_due(ctx, answer.session_used_at.value())) {
    use.session = SessionId{*answer.session};
  }
  const std::int32_t generation = answer.current_generation.value();
  if (generation != (secret ? secret->generation : 0)) {
    use.successor = request.token.grant.str() + "." +
                    derive_refresh_secret(keys_, answer.key.value(), request.token.grant, generation);
  }
  co_return use;
}

}  // namespace gatehouse::grant
