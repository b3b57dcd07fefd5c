#include "domain/grant/consent.h"

#include <boost/json.hpp>

#include "platform/base/uuid.h"

namespace gatehouse::grant {

Task<bool> Consents::covers(project::Context& ctx, UserId user, ClientId client, std::vector<std::string> scopes) {
  static constexpr postgres::Sql kSql =
      "SELECT scopes @> $4::jsonb FROM _auth_oauth_authorization WHERE app_id = $1 AND user_id = $2 AND client_id = $3";
  const auto covered =
      co_await ctx.db().optional<bool>(kSql, ctx.app_id(), user, client, boost::json::value_from(scopes));
  co_return covered.value_or(false);
}

void Consents::add(postgres::Batch& batch, const project::Context& ctx, const UserId& user, const ClientId& client,
                   const std::vector<std::string>& scopes) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _auth_oauth_authorization AS a (id, app_id, client_id, user_id, created_at, updated_at, scopes) "
      "VALUES ($1, $2, $3, $4, $5, $5, $6::jsonb) "
      "ON CONFLICT (app_id, user_id, client_id) DO UPDATE SET updated_at = excluded.updated_at, "
      "scopes = (SELECT jsonb_agg(DISTINCT s) FROM jsonb_array_elements(a.scopes || excluded.scopes) AS s) "
      "WHERE NOT a.scopes @> excluded.scopes";
  batch.add(kSql, uuid_v4(), ctx.app_id(), client, user, ctx.now(), boost::json::value_from(scopes));
}

}  // namespace gatehouse::grant
