#include "platform/postgres/migration.h"

#include <libpq-fe.h>
#include <thread>

#include "support/postgres_server.h"

namespace gatehouse::postgres {
namespace {

class Blocking {
 public:
  explicit Blocking(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {}

  // The first value, or the error's SQLSTATE.
  std::string ask(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()), &PQclear);
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (state != nullptr) {
      return state;
    }
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

std::vector<MigrationFile> two_changes() {
  return {
      {"0001_first", "CREATE TABLE first (n int);", "DROP TABLE first;", "a"},
      {"0002_second", "CREATE TABLE second (n int); CREATE INDEX second_n ON second (n);", "DROP TABLE second;", "b"}};
}

TEST(Migration, the_embedded_sets_go_up_down_and_up_again) {
  for (const char* set : {"app", "audit"}) {
    const std::string url = test::empty_database();
    const auto applied = migrate_up(url, "public", set);
    EXPECT_EQ(applied.size(), embedded_migrations(set).size());
    EXPECT_TRUE(migrate_up(url, "public", set).empty());
    EXPECT_EQ(migrate_down(url, "public", set, 99).size(), applied.size());
    EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE "
                                "nspname = 'public' AND relname NOT LIKE '\\_gatehouse\\_migration%'"),
              "0")
        << set;
    EXPECT_EQ(migrate_up(url, "public", set), applied);
  }
}

TEST(Migration, what_would_be_taken_back_is_told_with_the_tables_that_go) {
  const std::string url = test::empty_database();
  EXPECT_TRUE(migrations_to_take_back(url, "public", "audit", 9).empty());
  migrate_up(url, "public", "audit");
  const auto files = migrations_to_take_back(url, "public", "audit", 9);
  ASSERT_EQ(files.size(), embedded_migrations("audit").size());
  EXPECT_EQ(files.back().id, "0001_contract_tables");
  EXPECT_THAT(dropped_tables(files.back()), testing::Contains("_audit_log"));
  EXPECT_TRUE(dropped_tables(files.front()).empty());
  EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM _audit_log"), "0") << "nothing was changed";
  EXPECT_THAT(dropped_tables({"", "", "DROP TABLE a,\n  b\n  CASCADE;\nDROP TABLE IF EXISTS c;\nDROP INDEX d;", ""}),
              testing::ElementsAre("a", "b", "c"));
}

TEST(Migration, both_sets_live_in_one_database_and_in_a_schema_of_their_own) {
  const std::string url = test::empty_database();
  migrate_up(url, "Gate House", "app");
  migrate_up(url, "Gate House", "audit");
  EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM \"Gate House\"._gatehouse_outbox"), "0");
  EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM \"Gate House\"._audit_log"), "0");
  EXPECT_EQ(Blocking(url).ask("SELECT to_regclass('public._gatehouse_migration')"), "");
}

TEST(Migration, status_tells_what_is_applied_what_is_not_and_what_was_changed) {
  const std::string url = test::empty_database();
  auto files = two_changes();
  EXPECT_FALSE(migration_status(url, "public", "x", files)[0].applied);
  migrate_up(url, "public", "x", {files[0]});
  files[0].checksum = "other";
  const auto states = migration_status(url, "public", "x", files);
  EXPECT_TRUE(states[0].applied);
  EXPECT_TRUE(states[0].changed);
  EXPECT_FALSE(states[1].applied);
  const auto older = migration_status(url, "public", "x", {});
  ASSERT_EQ(older.size(), 1U);
  EXPECT_EQ(older[0].id, "0001_first");
}

TEST(Migration, a_changed_file_is_refused_before_anything_is_done) {
  const std::string url = test::empty_database();
  auto files = two_changes();
  migrate_up(url, "public", "x", {files[0]});
  files[0].checksum = "other";
  EXPECT_THROW(migrate_up(url, "public", "x", files), std::runtime_error);
  EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM second"), "42P01");
}

TEST(Migration, a_failing_file_leaves_nothing_of_itself) {
  const std::string url = test::empty_database();
  auto files = two_changes();
  files[1].up += " SELECT 1/0;";
  EXPECT_THROW(migrate_up(url, "public", "x", files), std::runtime_error);
  EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM first"), "0");
  EXPECT_EQ(Blocking(url).ask("SELECT count(*) FROM second"), "42P01");
}

TEST(Migration, a_file_outside_a_transaction_may_build_indexes_concurrently) {
  const std::string url = test::empty_database();
  const std::vector<MigrationFile> files = {
      {"0001_t", "CREATE TABLE t (n int);", "DROP TABLE t;", "a"},
      {"0002_index",
       "-- no transaction\nDROP INDEX CONCURRENTLY IF EXISTS t_n;\nCREATE INDEX CONCURRENTLY t_n\n  ON t (n);\n",
       "-- no transaction\nDROP INDEX CONCURRENTLY t_n;\n", "b"}};
  migrate_up(url, "public", "x", files);
  EXPECT_EQ(Blocking(url).ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_n'::regclass"), "t");
  migrate_down(url, "public", "x", files, 1);
  EXPECT_EQ(Blocking(url).ask("SELECT 't_n'::regclass"), "42P01");
}

TEST(Migration, somebody_elses_lock_is_waited_for) {
  const std::string url = test::empty_database();
  Blocking other(url);
  other.ask("CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
  other.ask("BEGIN; SELECT * FROM t");
  std::thread migration(
      [&] { migrate_up(url, "public", "x", {{"0001_t", "ALTER TABLE t ADD m int;", "ALTER TABLE t DROP m;", "a"}}); });
  // Until the migration gave up once (its lock_timeout ends the wait), then its retry must succeed.
  Blocking observer(url);
  const std::string waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER%'";
  while (observer.ask(waiting) != "1") {
    std::this_thread::yield();
  }
  while (observer.ask(waiting) != "0") {
    std::this_thread::yield();
  }
  other.ask("COMMIT");
  migration.join();
  EXPECT_EQ(observer.ask("SELECT count(m) FROM t"), "0");
}

TEST(Migration, two_at_once_apply_each_change_once) {
  const std::string url = test::empty_database();
  std::size_t applied[2] = {};
  std::thread one([&] { applied[0] = migrate_up(url, "public", "app").size(); });
  std::thread two([&] { applied[1] = migrate_up(url, "public", "app").size(); });
  one.join();
  two.join();
  EXPECT_EQ(applied[0] + applied[1], embedded_migrations("app").size());
  EXPECT_TRUE(applied[0] == 0 || applied[1] == 0);
}

TEST(Migration, an_existing_installations_tables_are_adopted_and_never_dropped) {
  const std::string url = test::empty_database();
  const auto files = embedded_migrations("app");
  Blocking db(url);
  db.ask(files[0].up);  // as the other server would have left it
  db.ask("INSERT INTO _auth_role (id, app_id, created_at, updated_at, key) VALUES ('r', 'a', now(), now(), 'k')");
  EXPECT_EQ(migrate_up(url, "public", "app").size(), files.size());
  EXPECT_EQ(db.ask("SELECT count(*) FROM _auth_role"), "1");
  EXPECT_THROW(migrate_down(url, "public", "app", 99), std::runtime_error);
  EXPECT_EQ(db.ask("SELECT count(*) FROM _auth_role"), "1");
}

TEST(Migration, an_unreachable_server_is_named_in_the_error) {
  try {
    migrate_up("postgres://nobody:marker@/x?host=/nowhere", "public", "app");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("marker"), std::string::npos);
  }
}

}  // namespace
}  // namespace gatehouse::postgres
