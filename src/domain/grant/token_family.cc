#include "domain/grant/token_family.h"

#include "domain/session/sessions.h"
#include "platform/crypto/hash.h"

namespace gatehouse::grant {

void require_alive(postgres::Batch& batch, const project::Context& ctx, const CodeGrant& given) {
  static constexpr postgres::Sql kSql =
      "SELECT _gatehouse_require("
      "EXISTS (SELECT FROM _auth_user u WHERE u.id = $2 AND (u.app_id = $1) IS TRUE AND _gatehouse_user_active(u, $3)) "
      "AND ($4::uuid IS NULL OR EXISTS (SELECT FROM _gatehouse_session s WHERE s.app_id = $1 AND s.id = $4 "
      "AND s.revoked_at IS NULL AND s.expires_at > $3 AND ($5::timestamptz IS NULL OR s.last_access_at > $5) "
      "AND s.created_at > $6 FOR SHARE)), 'the user and the session are active')";
  const auto bounds = session::living_bounds(ctx);
  batch.add(kSql, ctx.app_id(), given.user, ctx.now(), given.session, bounds.used_since, bounds.opened_since);
}

namespace {

// One exchange of a user at a time, until the commit: the next one's statements see the family of the one before.
void take_turns(postgres::Batch& batch, const project::Context& ctx, const CodeGrant& given) {
  static constexpr postgres::Sql kSql =
      "SELECT FROM _auth_user u WHERE u.id = $2 AND (u.app_id = $1) IS TRUE FOR NO KEY UPDATE";
  batch.add(kSql, ctx.app_id(), given.user);
}

void end_others(postgres::Batch& batch, const project::Context& ctx, const CodeGrant& given) {
  static constexpr postgres::Sql kSql =
      "WITH ended AS (UPDATE _gatehouse_refresh SET revoked_at = $4 "
      "WHERE app_id = $1 AND user_id = $2 AND client_id = $3 AND revoked_at IS NULL RETURNING grant_id) "
      "INSERT INTO _gatehouse_revocation (app_id, id, kind, subject) "
      "SELECT $1, gen_random_uuid(), 'grant', grant_id::text FROM ended";
  batch.add(kSql, ctx.app_id(), given.user, given.client, ctx.now());
}

}  // namespace

void insert_family(postgres::Batch& batch, const project::Context& ctx, const NewFamily& family) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_refresh (app_id, grant_id, user_id, client_id, session_id, authorization_id, scopes, "
      "amr, "
      "created_at, authenticated_at, expires_at, key_id, generation, sso_enabled, device_info, initial_ip, "
      "initial_user_agent, last_access_at, last_ip, last_user_agent) "
      "SELECT $1, $2, $3, $4, $5, (SELECT id FROM _auth_oauth_authorization "
      "WHERE app_id = $1 AND user_id = $3 AND client_id = $4), $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $8, "
      "$14, $15";
  const CodeGrant& given = family.given;
  const bool only_one = family.client.max_concurrent_session == 1;
  if (only_one) {
    take_turns(batch, ctx, given);
  }
  require_alive(batch, ctx, given);
  if (only_one) {
    end_others(batch, ctx, given);
  }
  batch.add(kSql, ctx.app_id(), family.grant, given.user, given.client, given.session, given.scopes, given.amr,
            ctx.now(), given.authenticated_at, ctx.now() + family.client.refresh_token_lifetime, family.key_id,
            given.sso_enabled, family.device_info, ctx.client_ip, ctx.user_agent);
}

void insert_opaque_token(postgres::Batch& batch, const project::Context& ctx, const NewFamily& family,
                         const std::string& token, TimePoint expires_at) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_access_token "
      "(app_id, hash, expires_on, expires_at, created_at, grant_id, user_id, client_id, scopes) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
  batch.add(kSql, ctx.app_id(), postgres::Binary{crypto::sha256(token)}, consume::expiry_day(expires_at), expires_at,
            ctx.now(), family.grant, family.given.user, family.given.client, family.given.scopes);
}

void revoke_family(postgres::Batch& batch, const project::Context& ctx, const GrantId& grant) {
  static constexpr postgres::Sql kSql =
      "UPDATE _gatehouse_refresh SET revoked_at = $3 WHERE app_id = $1 AND grant_id = $2 AND revoked_at IS NULL";
  batch.add(kSql, ctx.app_id(), grant, ctx.now());
  session::RevocationFeed::add(batch, ctx, "grant", grant.str());
}

}  // namespace gatehouse::grant
