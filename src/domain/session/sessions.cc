#include "domain/session/sessions.h"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "domain/session/last_access.h"
#include "domain/session/leased_cache.h"
#include "platform/base/uuid.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::session {

namespace {

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kSecretLength = 32;

// The id in "<session id>.<32 base62>"; nothing for any other text.
std::optional<SessionId> id_of(const std::string& token) {
  if (token.size() != kUuidLength + 1 + kSecretLength || token[kUuidLength] != '.') {
    return std::nullopt;
  }
  const std::string_view secret = std::string_view(token).substr(kUuidLength + 1);
  if (secret.find_first_not_of(crypto::kBase62) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string id = token.substr(0, kUuidLength);
  if (!is_uuid(id)) {
    return std::nullopt;
  }
  return SessionId{std::move(id)};
}

bool lives(const Session& session, const project::SessionConfig& config, TimePoint now) {
  if (now >= session.expires_at || now >= session.created_at + config.lifetime) {
    return false;
  }
  if (session.user_active_until && now >= *session.user_active_until) {
    return false;
  }
  return !config.idle_timeout_enabled || now < session.last_access_at + config.idle_timeout;
}

Task<std::optional<Session>> read(project::Context& ctx, SessionId id) {
  static constexpr postgres::Sql kSql =
      "SELECT s.id, s.user_id, s.created_at, s.authenticated_at, s.amr, s.expires_at, s.last_access_at, s.token_hash, "
      "_gatehouse_user_active_until(u, $3) "
      "FROM _gatehouse_session s JOIN _auth_user u ON u.id = s.user_id AND (u.app_id = s.app_id) IS TRUE "
      "WHERE s.app_id = $1 AND s.id = $2 AND s.revoked_at IS NULL AND _gatehouse_user_active(u, $3)";
  return ctx.db().optional<Session>(kSql, ctx.app_id(), id, ctx.now());
}

std::vector<std::string> depends_on(const Session& session) { return {session.id.str(), session.user_id.str()}; }

}  // namespace

LivingBounds living_bounds(const project::Context& ctx) {
  const auto& config = ctx.config().session;
  const auto used_since = config.idle_timeout_enabled ? std::optional(ctx.now() - config.idle_timeout) : std::nullopt;
  return {.opened_since = ctx.now() - config.lifetime, .used_since = used_since};
}

struct Sessions::Impl {
  Impl(RevocationFeed& revocations, std::size_t cached)
      : feed(revocations), cache(revocations, cached), last_access(revocations.database()) {}

  RevocationFeed& feed;
  LeasedCache<Session> cache;
  LastAccess last_access;

  // From the cache or from PostgreSQL; nothing known to be revoked, under a fresh lease.
  Task<std::optional<Session>> look_up(project::Context& ctx, std::string key, std::string hash, SessionId id) {
    co_await feed.ensure_fresh(ctx);
    if (const Session* cached = cache.find(key)) {
      if (lives(*cached, ctx.config().session, ctx.now())) {
        co_return *cached;
      }
      cache.erase(key);  // its time may have been extended meanwhile: the truth decides
    }
    for (int tries = 0; tries < 3; ++tries) {
      const Micros read_at = feed.boot();
      Ticket ticket = feed.ticket(ctx.app_id(), {});
      auto session = co_await read(ctx, SessionId{id});
      if (!session || !crypto::secure_equal(session->token_hash, hash)) {
        co_return std::nullopt;
      }
      ticket.ids = depends_on(*session);
      co_await feed.ensure_fresh(ctx);
      if (feed.holds(ticket)) {
        cache.put(std::move(key), *session, std::move(ticket), read_at);
        co_return session;
      }
      // Something of it was revoked after it was read, or revocations may have been missed: read again.
    }
    throw unavailable("cannot confirm that the session was not revoked");
  }

  void used(Executor executor, project::Context& ctx, Session& session, const std::string& key) {
    const auto& config = ctx.config().session;
    const TimePoint now = ctx.now();
    if (now - session.last_access_at < LastAccess::interval(config.idle_timeout_enabled, config.idle_timeout)) {
      return;
    }
    session.last_access_at = now;
    if (Session* cached = cache.find(key)) {
      cached->last_access_at = now;
    }
    last_access.note(executor, ctx, LastAccess::Kind::session, session.id.str());
  }
};

Sessions::Sessions(RevocationFeed& revocations, std::size_t cached)
    : impl_(std::make_unique<Impl>(revocations, cached)) {}

Sessions::~Sessions() = default;

OpenedSession Sessions::open(postgres::Batch& batch, const project::Context& ctx, const UserId& user,
                             std::vector<std::string> amr) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_session (app_id, id, user_id, token_hash, created_at, authenticated_at, amr, expires_at, "
      "initial_ip, initial_user_agent, last_access_at, last_ip, last_user_agent) "
      "VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $5, $8, $9)";
  OpenedSession opened;
  Session& session = opened.session;
  session.id = SessionId{uuid_v7(ctx.now())};
  session.user_id = user;
  session.created_at = session.authenticated_at = session.last_access_at = ctx.now();
  session.amr = std::move(amr);
  session.expires_at = ctx.now() + ctx.config().session.lifetime;
  opened.token = session.id.str() + "." + crypto::random_text(kSecretLength, crypto::kBase62);
  session.token_hash = crypto::sha256_hex(opened.token);
  batch.add(kSql, ctx.app_id(), session.id, user, session.token_hash, session.created_at, session.amr,
            session.expires_at, ctx.client_ip, ctx.user_agent);
  return opened;
}

Task<std::optional<Session>> Sessions::resolve(project::Context& ctx, std::string token) {
  const auto id = id_of(token);
  if (!id) {
    co_return std::nullopt;
  }
  const std::string hash = crypto::sha256_hex(token);
  const std::string key = ctx.app_id().str() + '\0' + hash;
  auto session = co_await impl_->look_up(ctx, key, hash, *id);
  if (!session || !lives(*session, ctx.config().session, ctx.now())) {
    co_return std::nullopt;
  }
  impl_->used(co_await asio::this_coro::executor, ctx, *session, key);
  co_return session;
}

Ticket Sessions::ticket(const project::Context& ctx, const Session& session) const {
  return impl_->feed.ticket(ctx.app_id(), depends_on(session));
}

void Sessions::revoke(postgres::Batch& batch, const project::Context& ctx, const SessionId& id) {
  static constexpr postgres::Sql kSession =
      "UPDATE _gatehouse_session SET revoked_at = $3 WHERE app_id = $1 AND id = $2 AND revoked_at IS NULL";
  static constexpr postgres::Sql kGrants =
      "WITH ended AS (UPDATE _gatehouse_refresh SET revoked_at = $3 "
      "WHERE app_id = $1 AND session_id = $2 AND revoked_at IS NULL "
      "AND (sso_enabled OR NOT 'offline_access' = ANY (scopes)) RETURNING grant_id) "
      "INSERT INTO _gatehouse_revocation (app_id, id, kind, subject) "
      "SELECT $1, gen_random_uuid(), 'grant', grant_id::text FROM ended";
  batch.add(kSession, ctx.app_id(), id, ctx.now());
  RevocationFeed::add(batch, ctx, "session", id.str());
  batch.add(kGrants, ctx.app_id(), id, ctx.now());
}

RevocationFeed& Sessions::feed() const { return impl_->feed; }

Task<void> Sessions::flush() { return impl_->last_access.flush(); }

}  // namespace gatehouse::session
