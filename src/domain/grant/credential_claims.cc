#include "domain/grant/credential_claims.h"

#include <boost/describe.hpp>

namespace gatehouse::grant {

namespace {

struct Row {
  boost::json::object facts;
  boost::json::object credentials;
};
BOOST_DESCRIBE_STRUCT(Row, (), (facts, credentials))

}  // namespace

Task<std::optional<FullUserFacts>> find_full_user_facts(project::Context& ctx, UserId id) {
  static constexpr postgres::Sql kSql =
      "SELECT _gatehouse_user_facts(u.app_id, u.id), jsonb_build_object("
      "'https://authgear.com/claims/user/authenticators', (SELECT coalesce(jsonb_agg(jsonb_build_object("
      "'created_at', to_char(a.created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
      "'updated_at', to_char(a.updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
      "'type', a.type, 'kind', a.kind) ORDER BY a.created_at, a.id), '[]') "
      "FROM _auth_authenticator a WHERE a.app_id = $1 AND a.user_id = $2), "
      "'https://authgear.com/claims/user/identities', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object("
      "'created_at', to_char(i.created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
      "'updated_at', to_char(i.updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
      "'type', i.type, 'login_id_key', l.login_id_key, 'login_id_type', l.login_id_type, "
      "'oauth_provider_type', o.provider_type)) ORDER BY i.created_at, i.id), '[]') FROM _auth_identity i "
      "LEFT JOIN _auth_identity_login_id l ON l.id = i.id AND (l.app_id = i.app_id) IS TRUE "
      "LEFT JOIN _auth_identity_oauth o ON o.id = i.id AND (o.app_id = i.app_id) IS TRUE "
      "WHERE i.app_id = $1 AND i.user_id = $2), "
      "'https://authgear.com/claims/user/recovery_code_enabled', "
      "EXISTS (SELECT FROM _auth_recovery_code c WHERE c.app_id = $1 AND c.user_id = $2)) "
      "FROM _auth_user u WHERE u.id = $2 AND (u.app_id = $1) IS TRUE";
  auto row = co_await ctx.db().optional<Row>(kSql, ctx.app_id(), id);
  if (!row) {
    co_return std::nullopt;
  }
  FullUserFacts full;
  full.facts = parse_user_facts(ctx.config(), id, row->facts);
  full.credentials = std::move(row->credentials);
  co_return full;
}

}  // namespace gatehouse::grant
