#include "domain/grant/access_token.h"

#include <boost/asio/this_coro.hpp>

#include "domain/client/scope.h"
#include "domain/consume/consume.h"
#include "domain/grant/access_token_text.h"
#include "domain/session/last_access.h"
#include "domain/session/leased_cache.h"
#include "domain/session/sessions.h"
#include "platform/base/json_text.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "platform/jose/jwt.h"

namespace gatehouse::grant {

namespace {

using session::LastAccess;
using session::RevocationFeed;
using session::Ticket;

struct FamilyRow {
  GrantId grant;
  UserId user;
  ClientId client;
  std::vector<std::string> scopes;
  std::optional<SessionId> session;
  bool sso_enabled = false;
  std::vector<std::string> amr;
  TimePoint authenticated_at;
  TimePoint created_at;
  TimePoint expires_at;
  TimePoint last_access_at;
  TimePoint token_expires_at;
  std::optional<TimePoint> user_active_until;
  std::optional<TimePoint> session_expires_at;
  std::optional<TimePoint> session_created_at;
  std::optional<TimePoint> session_last_access_at;
};
BOOST_DESCRIBE_STRUCT(FamilyRow, (),
                      (grant, user, client, scopes, session, sso_enabled, amr, authenticated_at, created_at, expires_at,
                       last_access_at, token_expires_at, user_active_until, session_expires_at, session_created_at,
                       session_last_access_at))

AccessGrant to_access(FamilyRow row, bool opaque, std::string denial) {
  AccessGrant access;
  access.opaque = opaque;
  access.grant = std::move(row.grant);
  access.user = std::move(row.user);
  access.client = std::move(row.client);
  access.scopes = std::move(row.scopes);
  access.session = std::move(row.session);
  access.sso_enabled = row.sso_enabled;
  access.amr = std::move(row.amr);
  access.authenticated_at = row.authenticated_at;
  access.grant_created_at = row.created_at;
  access.grant_expires_at = row.expires_at;
  access.last_access_at = row.last_access_at;
  access.expires_at = row.token_expires_at;
  access.user_active_until = row.user_active_until;
  access.session_expires_at = row.session_expires_at;
  access.session_created_at = row.session_created_at;
  access.session_last_access_at = row.session_last_access_at;
  access.denial = std::move(denial);
  return access;
}

Task<std::optional<AccessGrant>> find_opaque(project::Context& ctx, std::string token) {
  static constexpr postgres::Sql kSql =
      "SELECT r.grant_id, r.user_id, r.client_id, t.scopes, r.session_id, r.sso_enabled, r.amr, r.authenticated_at, "
      "r.created_at, r.expires_at, r.last_access_at, t.expires_at, _gatehouse_user_active_until(u, $4), s.expires_at, "
      "s.created_at, s.last_access_at "
      "FROM _gatehouse_access_token t "
      "JOIN _gatehouse_refresh r ON r.app_id = t.app_id AND r.grant_id = t.grant_id "
      "JOIN _auth_user u ON u.id = r.user_id AND (u.app_id = r.app_id) IS TRUE "
      "LEFT JOIN _gatehouse_session s ON r.sso_enabled AND s.app_id = r.app_id AND s.id = r.session_id "
      "WHERE t.app_id = $1 AND t.hash = $2 AND t.expires_on = $3 AND t.expires_at > $4 AND r.revoked_at IS NULL "
      "AND r.expires_at > $4 AND _gatehouse_user_active(u, $4) "
      "AND (NOT r.sso_enabled OR r.session_id IS NULL OR (s.revoked_at IS NULL AND s.expires_at > $4 "
      "AND ($5::timestamptz IS NULL OR s.last_access_at > $5) AND s.created_at > $6)) "
      "AND NOT EXISTS (SELECT FROM _gatehouse_denied_token d WHERE d.app_id = $1 AND d.hash = $2 AND d.expires_on = "
      "$3)";
  const auto day = opaque_token_day(token);
  if (!day || *day < consume::expiry_day(ctx.now())) {
    co_return std::nullopt;
  }
  std::string hash = crypto::sha256(token);
  const auto bounds = session::living_bounds(ctx);
  auto row = co_await ctx.db().optional<FamilyRow>(kSql, ctx.app_id(), postgres::Binary{hash}, *day, ctx.now(),
                                                   bounds.used_since, bounds.opened_since);
  if (!row) {
    co_return std::nullopt;
  }
  co_return to_access(std::move(*row), true, crypto::hex(hash));
}

constexpr std::int64_t kLatest = 253'402'300'799;  // 9999-12-31

// The claims of our own JWT access token that decide.
struct JwtFacts {
  std::string jti;
  UserId user;
  ClientId client;
  std::vector<std::string> scopes;  // what this token was narrowed to (RFC 6749 6)
  std::vector<std::string> families;
  TimePoint expires_at;
};

std::optional<JwtFacts> read_jwt(const project::Context& ctx, const crypto::KeyRing& keys, std::string_view token) {
  const jose::Expected expected{.types = {"at+jwt"}};
  const auto verified = jose::verify(token, ctx.project().secrets.oauth_keys, expected);
  if (!verified) {
    return std::nullopt;
  }
  const auto& claims = verified->claims;
  const auto* expires = claims.if_contains("exp");
  if (expires == nullptr || !expires->is_int64() || expires->get_int64() < 0 || expires->get_int64() > kLatest ||
      text_at(claims, "iss") != ctx.project().origin() || text_at(claims, "aud") != ctx.project().origin()) {
    return std::nullopt;
  }
  JwtFacts facts;
  facts.jti = text_at(claims, "jti");
  facts.user = UserId{text_at(claims, "sub")};
  facts.client = ClientId{text_at(claims, "client_id")};
  facts.scopes = client::split_scope(text_at(claims, "scope"));
  facts.families = families_of_jti(keys, facts.jti);
  facts.expires_at = from_unix_seconds(expires->get_int64());
  if (facts.families.empty() || ctx.now() >= facts.expires_at) {
    return std::nullopt;
  }
  return facts;
}

Task<std::optional<AccessGrant>> find_jwt(project::Context& ctx, JwtFacts facts) {
  static constexpr postgres::Sql kSql =
      "SELECT r.grant_id, r.user_id, r.client_id, $10::text[], r.session_id, r.sso_enabled, r.amr, r.authenticated_at, "
      "r.created_at, r.expires_at, r.last_access_at, $7::timestamptz, _gatehouse_user_active_until(u, $5), "
      "s.expires_at, s.created_at, s.last_access_at "
      "FROM _gatehouse_refresh r JOIN _auth_user u ON u.id = r.user_id AND (u.app_id = r.app_id) IS TRUE "
      "LEFT JOIN _gatehouse_session s ON r.sso_enabled AND s.app_id = r.app_id AND s.id = r.session_id "
      "WHERE r.app_id = $1 AND r.grant_id = ANY ($2::uuid[]) AND r.user_id = $3 AND r.client_id = $4 "
      "AND r.revoked_at IS NULL AND r.expires_at > $5 AND _gatehouse_user_active(u, $5) "
      "AND (NOT r.sso_enabled OR r.session_id IS NULL OR (s.revoked_at IS NULL AND s.expires_at > $5 "
      "AND ($6::timestamptz IS NULL OR s.last_access_at > $6) AND s.created_at > $11)) "
      "AND NOT EXISTS (SELECT FROM _gatehouse_denied_token d WHERE d.app_id = $1 AND d.hash = $8 AND d.expires_on = "
      "$9)";
  const auto bounds = session::living_bounds(ctx);
  auto row = co_await ctx.db().optional<FamilyRow>(
      kSql, ctx.app_id(), facts.families, facts.user, facts.client, ctx.now(), bounds.used_since, facts.expires_at,
      postgres::Binary{crypto::sha256(facts.jti)}, consume::expiry_day(facts.expires_at), facts.scopes,
      bounds.opened_since);
  if (!row) {
    co_return std::nullopt;
  }
  co_return to_access(std::move(*row), false, std::move(facts.jti));
}

std::vector<std::string> depends_on(const AccessGrant& access) {
  std::vector<std::string> ids{access.grant.str(), access.user.str(), access.denial};
  if (access.sso_enabled && access.session) {
    ids.push_back(access.session->str());
  }
  return ids;
}

bool session_lives(const project::SessionConfig& config, const AccessGrant& access, TimePoint now) {
  if ((access.session_expires_at && now >= *access.session_expires_at) ||
      (access.session_created_at && now >= *access.session_created_at + config.lifetime)) {
    return false;
  }
  return !config.idle_timeout_enabled || !access.session_last_access_at ||
         now < *access.session_last_access_at + config.idle_timeout;
}

// By the clock: what was read may have come to its end since.
bool lives(const project::Context& ctx, const AccessGrant& access) {
  const TimePoint now = ctx.now();
  const auto* client = ctx.project().client(access.client);
  if (client == nullptr || now >= access.expires_at || now >= access.grant_expires_at ||
      (access.user_active_until && now >= *access.user_active_until)) {
    return false;
  }
  if (client->refresh_token_idle_timeout_enabled && now >= access.last_access_at + client->refresh_token_idle_timeout) {
    return false;
  }
  return session_lives(ctx.config().session, access, now);
}

}  // namespace

std::string sign_access_token(const project::Context& ctx, const crypto::KeyRing& keys,
                              const project::OAuthClient& client, const TokenSubject& subject, TimePoint expires_at) {
  boost::json::object claims{{"iss", ctx.project().origin()},
                             {"aud", ctx.project().origin()},
                             {"sub", subject.user.user.id.str()},
                             {"iat", unix_seconds(ctx.now())},
                             {"exp", unix_seconds(expires_at)},
                             {"jti", make_jti(keys, subject.grant)},
                             {"client_id", client.client_id.str()},
                             {"scope", client::join_scope(subject.scopes)},
                             {"auth_time", unix_seconds(subject.authenticated_at)}};
  if (!subject.amr.empty()) {
    claims["amr"] = boost::json::value_from(subject.amr);
  }
  add_user_claims(claims, subject.user);
  add_personal_claims(claims, client, subject);
  return jose::sign(ctx.project().signing_key(), "at+jwt", claims);
}

namespace {

void touch(AccessGrant& access, TimePoint now) {
  access.last_access_at = now;
  if (access.session_last_access_at) {
    access.session_last_access_at = now;
  }
}

// As often as the shorter of both idle timeouts needs it.
Micros touch_interval(const project::Context& ctx, const project::OAuthClient& client, const AccessGrant& access) {
  const Micros of_grant =
      LastAccess::interval(client.refresh_token_idle_timeout_enabled, client.refresh_token_idle_timeout);
  const auto& session = ctx.config().session;
  return access.session_last_access_at
             ? std::min(of_grant, LastAccess::interval(session.idle_timeout_enabled, session.idle_timeout))
             : of_grant;
}

}  // namespace

struct AccessTokens::Impl {
  Impl(RevocationFeed& revocations, const crypto::KeyRing& ring, std::size_t cached)
      : feed(revocations), keys(ring), cache(revocations, cached), last_access(revocations.database()) {}

  RevocationFeed& feed;
  const crypto::KeyRing& keys;
  session::LeasedCache<AccessGrant> cache;
  LastAccess last_access;

  // A JWT that does not verify is tried as an opaque token; none of those has its form.
  Task<std::optional<AccessGrant>> read(project::Context& ctx, std::string bearer) {
    if (!bearer.starts_with("eyJ") || opaque_token_day(bearer)) {
      return find_opaque(ctx, std::move(bearer));
    }
    return read_as_jwt(ctx, std::move(bearer));
  }

  Task<std::optional<AccessGrant>> read_as_jwt(project::Context& ctx, std::string bearer) {
    auto facts = read_jwt(ctx, keys, bearer);
    if (!facts) {
      co_return std::nullopt;
    }
    co_return co_await find_jwt(ctx, std::move(*facts));
  }

  Task<std::optional<AccessGrant>> look_up(project::Context& ctx, std::string key, std::string bearer) {
    co_await feed.ensure_fresh(ctx);
    if (const AccessGrant* cached = cache.find(key)) {
      if (lives(ctx, *cached)) {
        co_return *cached;
      }
      cache.erase(key);  // its time may have been extended meanwhile: the truth decides
    }
    for (int tries = 0; tries < 3; ++tries) {
      const Micros read_at = feed.boot();
      Ticket ticket = feed.ticket(ctx.app_id(), {});
      auto access = co_await read(ctx, bearer);
      if (!access) {
        co_return std::nullopt;
      }
      ticket.ids = depends_on(*access);
      co_await feed.ensure_fresh(ctx);
      if (feed.holds(ticket)) {
        cache.put(std::move(key), *access, std::move(ticket), read_at);
        co_return access;
      }
    }
    throw unavailable("cannot confirm that the access token was not revoked");
  }

  void used(Executor executor, project::Context& ctx, const project::OAuthClient& client, AccessGrant& access,
            const std::string& key) {
    if (ctx.now() - access.last_access_at < touch_interval(ctx, client, access)) {
      return;
    }
    touch(access, ctx.now());
    if (AccessGrant* cached = cache.find(key)) {
      touch(*cached, ctx.now());
    }
    last_access.note(executor, ctx, LastAccess::Kind::grant, access.grant.str());
    if (access.sso_enabled && access.session) {
      last_access.note(executor, ctx, LastAccess::Kind::session, access.session->str());
    }
  }
};

AccessTokens::AccessTokens(RevocationFeed& revocations, const crypto::KeyRing& keys, std::size_t cached)
    : impl_(std::make_unique<Impl>(revocations, keys, cached)) {}

AccessTokens::~AccessTokens() = default;

Task<std::optional<AccessGrant>> AccessTokens::resolve(project::Context& ctx, std::string bearer) {
  // With the project's version, so that a token of a key that was taken away is not answered for from the cache.
  const std::string key = ctx.app_id().str() + '\0' + ctx.project().version + '\0' + crypto::sha256(bearer);
  auto access = co_await impl_->look_up(ctx, key, std::move(bearer));
  if (!access) {
    co_return std::nullopt;
  }
  if (!lives(ctx, *access)) {
    co_return std::nullopt;
  }
  impl_->used(co_await asio::this_coro::executor, ctx, *ctx.project().client(access->client), *access, key);
  co_return access;
}

Ticket AccessTokens::ticket(const project::Context& ctx, const AccessGrant& access) const {
  return impl_->feed.ticket(ctx.app_id(), depends_on(access));
}

void AccessTokens::deny(postgres::Batch& batch, const project::Context& ctx, const AccessGrant& access) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_denied_token (app_id, hash, expires_on) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
  const std::string hash = access.opaque ? crypto::from_hex(access.denial).value() : crypto::sha256(access.denial);
  batch.add(kSql, ctx.app_id(), postgres::Binary{hash}, consume::expiry_day(access.expires_at));
  RevocationFeed::add(batch, ctx, "access_token", access.denial);
}

void AccessTokens::note_session_use(Executor executor, const project::Context& ctx, const SessionId& session) {
  impl_->last_access.note(executor, ctx, LastAccess::Kind::session, session.str());
}

Task<void> AccessTokens::flush() { return impl_->last_access.flush(); }

}  // namespace gatehouse::grant
