#include "domain/grant/sign_out.h"

#include <algorithm>
#include <iterator>

#include <boost/describe.hpp>

#include "domain/consume/consume.h"
#include "domain/event/event.h"
#include "domain/grant/token_family.h"
#include "domain/grant/user_facts.h"
#include "domain/session/session_event.h"
#include "domain/user/users.h"

namespace gatehouse::grant {

namespace {

constexpr int kTries = 4;  // the last one ends what there is, whatever its event says

// A living session or grant, with what its user's events say.
struct Row {
  std::string id;
  std::string type;
  UserId user;
  TimePoint created_at;
  TimePoint last_access_at;
  std::vector<std::string> amr;
  std::string initial_ip;
  std::string last_ip;
  std::string last_user_agent;
  std::optional<ClientId> client;
  std::optional<boost::json::object> facts;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (id, type, user, created_at, last_access_at, amr, initial_ip, last_ip, last_user_agent, client,
                       facts))

session::SessionModel model_of(const project::Context& ctx, const Row& row) {
  session::SessionModel model;
  model.id = row.id;
  model.type = row.type;
  model.created_at = row.created_at;
  model.last_accessed_at = row.last_access_at;
  model.amr = row.amr;
  model.created_by_ip = row.initial_ip;
  model.last_accessed_by_ip = row.last_ip;
  model.user_agent = row.last_user_agent;
  if (row.client) {
    model.client_id = row.client->str();
    const auto* client = ctx.project().client(*row.client);
    model.application_name = client != nullptr ? client->name : row.client->str();
  }
  return model;
}

void add_signed_out(postgres::Batch& batch, const project::Context& ctx, const std::vector<Row>& ended) {
  const Row& first = ended.front();
  if (!first.facts) {
    return;
  }
  const auto facts = parse_user_facts(ctx.config(), first.user, *first.facts);
  boost::json::array sessions;
  for (const Row& row : ended) {
    sessions.push_back(session::to_event_json(model_of(ctx, row)));
  }
  event::Event event;
  event.type = "user.signed_out";
  event.payload = {
      {"user", user::to_event_json(facts.user, facts.is_verified, facts.can_reauthenticate, facts.verified)},
      {"sessions", std::move(sessions)}};
  event.user = first.user;
  event::add(batch, ctx, event);
}

std::vector<std::string> ids_of(const std::vector<Row>& ended) {
  std::vector<std::string> ids;
  std::ranges::transform(ended, std::back_inserter(ids), &Row::id);
  return ids;
}

Task<std::vector<Row>> living_of_session(project::Context& ctx, SessionId session) {
  static constexpr postgres::Sql kSql =
      "SELECT id, 'idp', user_id, created_at, last_access_at, amr, initial_ip, last_ip, last_user_agent, NULL, "
      "_gatehouse_user_facts($1, user_id) "
      "FROM _gatehouse_session WHERE app_id = $1 AND id = $2 AND revoked_at IS NULL "
      "UNION ALL "
      "SELECT grant_id, 'offline_grant', user_id, created_at, last_access_at, amr, initial_ip, last_ip, "
      "last_user_agent, "
      "client_id, NULL "
      "FROM _gatehouse_refresh WHERE app_id = $1 AND session_id = $2 AND revoked_at IS NULL "
      "AND (sso_enabled OR NOT 'offline_access' = ANY (scopes))";
  return ctx.db().all<Row>(kSql, ctx.app_id(), session);
}

// Lets nobody make or end what depends on the session until the commit, and fails where somebody has since it was read.
void require_unchanged(postgres::Batch& batch, const project::Context& ctx, const SessionId& session,
                       std::size_t living) {
  static constexpr postgres::Sql kLock = "SELECT FROM _gatehouse_session WHERE app_id = $1 AND id = $2 FOR UPDATE";
  static constexpr postgres::Sql kCount =
      "SELECT _gatehouse_require("
      "(SELECT count(*) FROM _gatehouse_session WHERE app_id = $1 AND id = $2 AND revoked_at IS NULL) "
      "+ (SELECT count(*) FROM (SELECT FROM _gatehouse_refresh WHERE app_id = $1 AND session_id = $2 "
      "AND revoked_at IS NULL AND (sso_enabled OR NOT 'offline_access' = ANY (scopes)) ORDER BY grant_id FOR UPDATE) "
      "g) "
      "= $3, 'the session is as it was read')";
  batch.add(kLock, ctx.app_id(), session);
  batch.add(kCount, ctx.app_id(), session, static_cast<std::int64_t>(living));
}

void require_living(postgres::Batch& batch, const project::Context& ctx, const GrantId& grant) {
  static constexpr postgres::Sql kSql =
      "SELECT _gatehouse_require(EXISTS (SELECT FROM _gatehouse_refresh WHERE app_id = $1 AND grant_id = $2 "
      "AND revoked_at IS NULL FOR UPDATE), 'the grant lives')";
  batch.add(kSql, ctx.app_id(), grant);
}

Task<std::vector<Row>> living_grant(project::Context& ctx, GrantId grant) {
  static constexpr postgres::Sql kSql =
      "SELECT grant_id, 'offline_grant', user_id, created_at, last_access_at, amr, initial_ip, last_ip, "
      "last_user_agent, "
      "client_id, _gatehouse_user_facts($1, user_id) "
      "FROM _gatehouse_refresh WHERE app_id = $1 AND grant_id = $2 AND revoked_at IS NULL";
  return ctx.db().all<Row>(kSql, ctx.app_id(), grant);
}

}  // namespace

Task<void> sign_out(project::Context& ctx, session::RevocationFeed& feed, SessionId session) {
  for (int tries = 1;; ++tries) {
    const auto ended = co_await living_of_session(ctx, session);
    if (ended.empty()) {
      co_return;
    }
    postgres::Batch batch;
    if (tries < kTries) {
      require_unchanged(batch, ctx, session, ended.size());
    }
    session::Sessions::revoke(batch, ctx, session);
    add_signed_out(batch, ctx, ended);
    if (co_await consume::try_commit(ctx, std::move(batch))) {
      feed.announce(ctx.app_id(), ids_of(ended));
      co_return;
    }
  }
}

Task<void> sign_out_grant(project::Context& ctx, session::RevocationFeed& feed, GrantId grant) {
  if (const auto bound = co_await session_of_grant(ctx, grant)) {
    co_await sign_out(ctx, feed, *bound);
  }
  const auto ended = co_await living_grant(ctx, grant);
  if (ended.empty()) {
    co_return;
  }
  postgres::Batch batch;
  require_living(batch, ctx, grant);
  revoke_family(batch, ctx, grant);
  add_signed_out(batch, ctx, ended);
  if (co_await consume::try_commit(ctx, std::move(batch))) {
    feed.announce(ctx.app_id(), ids_of(ended));
  }
}

Task<bool> began_in(project::Context& ctx, GrantId grant, SessionId session) {
  static constexpr postgres::Sql kSql =
      "SELECT EXISTS (SELECT FROM _gatehouse_refresh WHERE app_id = $1 AND grant_id = $2 AND session_id = $3)";
  return ctx.db().one<bool>(kSql, ctx.app_id(), grant, session);
}

Task<std::optional<SessionId>> session_of_grant(project::Context& ctx, GrantId grant) {
  static constexpr postgres::Sql kSql =
      "SELECT session_id FROM _gatehouse_refresh WHERE app_id = $1 AND grant_id = $2 AND sso_enabled "
      "AND session_id IS NOT NULL AND revoked_at IS NULL AND expires_at > $3";
  return ctx.db().optional<SessionId>(kSql, ctx.app_id(), grant, ctx.now());
}

}  // namespace gatehouse::grant
