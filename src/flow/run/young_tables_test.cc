// What a sign-in asks is answered by keys also while the tables are young: with 64 users and no statistics, as in the
// first minutes after an installation. There an index that begins with app_id looks as good as the key to the planner,
// and walks all users of the project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/run/test_core.h"
#include "support/query_plan.h"

namespace gatehouse::flow {

namespace {

constexpr const char* kPassword = "a good Passw0rd for it";

struct Prepared {
  std::string statement;
  std::int32_t parameters = 0;
};
BOOST_DESCRIBE_STRUCT(Prepared, (), (statement, parameters))

// The minutes may pass in the middle of the test.
void never_analyze(Core& core) {
  static constexpr postgres::Sql kSql =
      "DO $$ DECLARE one regclass; BEGIN "
      "FOR one IN SELECT oid FROM pg_class WHERE relname LIKE '\\_auth\\_%' AND relkind = 'r' LOOP "
      "EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', one); END LOOP; END $$";
  core.ctx.run(core.ctx->db().execute(kSql));
}

void add_users(Core& core) {
  static constexpr postgres::Sql kSql =
      "WITH n AS (SELECT n::text AS id, n || '@example.com' AS email FROM generate_series(1, 64) AS n), "
      "u AS (INSERT INTO _auth_user (id, app_id, created_at, updated_at, is_disabled) "
      "  SELECT id, $1, now(), now(), false FROM n), "
      "i AS (INSERT INTO _auth_identity (id, app_id, type, user_id, created_at, updated_at) "
      "  SELECT id, $1, 'login_id', id, now(), now() FROM n), "
      "a AS (INSERT INTO _auth_authenticator (id, app_id, type, user_id, created_at, updated_at, is_default, kind) "
      "  SELECT id, $1, 'password', id, now(), now(), false, 'primary' FROM n), "
      "p AS (INSERT INTO _auth_authenticator_password (id, app_id, password_hash) SELECT id, $1, 'hash' FROM n) "
      "INSERT INTO _auth_identity_login_id (id, app_id, login_id_key, login_id_type, login_id, original_login_id, "
      "  unique_key, claims) SELECT id, $1, 'email', 'email', email, email, email, '{}' FROM n";
  core.write(kSql);
}

// Someone signs up, signs in, and is refused, so that connections prepare what that takes.
void sign_up_and_in(Core& core) {
  const Input email{{"identification", "email"}, {"login_id", "person@example.com"}};
  auto reply = core.feed(core.create("signup").state_token, email);
  reply = core.feed(reply.state_token, {{"code", "111111"}});
  core.feed(reply.state_token, {{"authentication", "primary_password"}, {"new_password", kPassword}});
  const auto at_password = core.feed(core.create("login").state_token, email).state_token;
  EXPECT_THROW(core.feed(at_password, {{"authentication", "primary_password"}, {"password", "wrong"}}), Error);
  EXPECT_TRUE(core.feed(at_password, {{"authentication", "primary_password"}, {"password", kPassword}}).finished);
}

// What the connections have prepared that reads or changes users' tables, as it was sent.
std::vector<Prepared> prepared(Core& core) {
  static constexpr postgres::Sql kSql =
      "SELECT statement, cardinality(parameter_types) FROM pg_prepared_statements "
      "WHERE statement LIKE '%\\_auth\\_%' AND statement !~ 'pg_prepared|generate_series'";
  std::map<std::string, Prepared> all;
  for (int i = 0; i < 20; ++i) {  // whichever connection answers
    for (auto& one : core.ctx.run(core.ctx->db().all<Prepared>(kSql))) {
      all.insert_or_assign(one.statement, one);
    }
  }
  std::vector<Prepared> list;
  list.reserve(all.size());
  for (auto& [text, one] : all) {
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

TEST(YoungTables, nothing_that_a_sign_in_asks_walks_the_users_of_the_project) {
  auto project = fresh_project();
  Core core(project);
  never_analyze(core);
  add_users(core);
  sign_up_and_in(core);
  ASSERT_EQ(core.text("SELECT count(*)::text FROM pg_stats WHERE tablename LIKE '\\_auth%' AND $1 <> ''"), "0");
  const auto statements = prepared(core);
  ASSERT_GT(statements.size(), 10U);
  for (const auto& one : statements) {
    const auto plan = test::prepared_plan(core.ctx->project().secrets.database_url, one.statement, one.parameters);
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan"))) << one.statement;
    EXPECT_THAT(plan, testing::Not(testing::ContainsRegex("Cond: .app_id = [^)]*.\n"))) << one.statement;
  }
}

}  // namespace gatehouse::flow
