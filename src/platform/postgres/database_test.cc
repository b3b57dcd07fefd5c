#include "platform/postgres/database.h"

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "platform/postgres/connection.h"
#include "support/postgres_server.h"
#include "support/run_task.h"

namespace gatehouse::postgres {
namespace {

struct Everything {
  std::string text;
  bool yes = false;
  std::int16_t small = 0;
  std::int32_t whole = 0;
  std::int64_t big = 0;
  double real = 0;
  TimePoint zoned;
  TimePoint plain;
  std::chrono::sys_days day;
  Binary bytes;
  boost::json::object json;
  std::vector<std::string> texts;
  std::optional<std::string> missing;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (text, yes, small, whole, big, real, zoned, plain, day, bytes, json, texts, missing))

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { options_.url = test::empty_database(); }

  Database& database() {
    if (!database_) {
      database_.emplace(io_, options_);
    }
    return *database_;
  }

  template <class T>
  T await(Task<T> task) {
    return test::run_task(io_, std::move(task));
  }
  template <class... Args>
  Result run(Sql sql, const Args&... args) {
    return await(database().run(ctx_, sql, Params(args...)));
  }
  std::vector<Result> batch(Batch statements) { return await(database().batch(ctx_, std::move(statements))); }
  void transaction(std::function<Task<void>(Transaction&)> body) {
    await(database().transaction(ctx_, std::move(body)));
  }
  std::int64_t number(Sql sql) { return run(sql).as<std::int64_t>(0); }

  template <class F>
  static std::string sqlstate(F f) {
    try {
      f();
    } catch (const StatementError& error) {
      return error.sqlstate();
    }
    return "";
  }

  asio::io_context io_{1};
  DatabaseOptions options_;
  Context ctx_;
  std::optional<Database> database_;
};

TEST_F(DatabaseTest, every_type_comes_back_as_it_went) {
  static constexpr Sql kSql =
      "SELECT $1::text, $2::boolean, $3::smallint, $4::integer, $5::bigint, $6::double precision, $7::timestamptz, "
      "$8::timestamp, $9::date, $10::bytea, $11::jsonb, $12::text[], $13::text";
  const TimePoint time = from_unix_seconds(1'700'000'000) + Micros{123'456};
  const std::chrono::sys_days day = std::chrono::year{2027} / 2 / 28;
  const Binary bytes{std::string("\0\xff'\\", 4)};
  const boost::json::object json{{"a", boost::json::array{1, "two", nullptr}}};
  const std::vector<std::string> texts{"", "a,b", "{}", "quote\" back\\slash", "NULL", "ü\n"};
  SharedSession session(database(), ctx_);
  const auto row = await(session.one<Everything>(kSql, "it's ü \\ \"x\"\n$1", true, -7, 1 << 30,
                                                 std::int64_t{-9'000'000'000'000'000'000}, 0.1, time, time, day, bytes,
                                                 json, texts, std::nullopt));
  EXPECT_EQ(row.text, "it's ü \\ \"x\"\n$1");
  EXPECT_TRUE(row.yes);
  EXPECT_EQ(row.small, -7);
  EXPECT_EQ(row.whole, 1 << 30);
  EXPECT_EQ(row.big, -9'000'000'000'000'000'000);
  EXPECT_EQ(row.real, 0.1);
  EXPECT_EQ(row.zoned, time);
  EXPECT_EQ(row.plain, time);
  EXPECT_EQ(row.day, day);
  EXPECT_EQ(row.bytes.bytes, bytes.bytes);
  EXPECT_EQ(row.json, json);
  EXPECT_EQ(row.texts, texts);
  EXPECT_EQ(row.missing, std::nullopt);
}

TEST_F(DatabaseTest, text_that_postgresql_cannot_hold_is_refused_not_cut) {
  static constexpr Sql kSql = "SELECT $1::text";
  EXPECT_EQ(sqlstate([&] { run(kSql, std::string("a\0b", 3)); }), "22021");
  EXPECT_EQ(sqlstate([&] { run(kSql, std::string("\xff\xfe")); }), "22021");
  EXPECT_EQ(run(kSql, std::string(100'000, 'x')).as<std::string>(0).size(), 100'000U);
}

TEST_F(DatabaseTest, an_error_never_repeats_a_value) {
  static constexpr Sql kSql = "SELECT $1::integer";
  static constexpr Sql kMake = "CREATE TABLE t (secret text PRIMARY KEY)";
  static constexpr Sql kInsert = "INSERT INTO t VALUES ($1)";
  run(kMake);
  run(kInsert, "marker");
  for (const Sql sql : {kSql, kInsert}) {
    try {
      run(sql, "marker");
      ADD_FAILURE();
    } catch (const StatementError& error) {
      EXPECT_EQ(std::string(error.what()).find("marker"), std::string::npos) << error.what();
    }
  }
}

TEST_F(DatabaseTest, a_broken_constraint_is_named) {
  static constexpr Sql kMake = "CREATE TABLE t (n int CONSTRAINT only_once UNIQUE)";
  static constexpr Sql kInsert = "INSERT INTO t VALUES ($1)";
  run(kMake);
  run(kInsert, 1);
  try {
    run(kInsert, 1);
    FAIL();
  } catch (const StatementError& error) {
    EXPECT_TRUE(error.unique_violation("only_once"));
    EXPECT_FALSE(error.unique_violation("other"));
  }
}

TEST_F(DatabaseTest, a_session_has_the_houses_settings) {
  options_.schema = "Gate House";
  static constexpr Sql kSql =
      "SELECT concat_ws('|', current_setting('TimeZone'), current_setting('search_path'), "
      "current_setting('statement_timeout'), current_setting('synchronous_commit'), "
      "current_setting('application_name'), "
      "current_setting('client_encoding'), current_setting('plan_cache_mode'), current_setting('enable_seqscan'), "
      "current_setting('jit'))";
  EXPECT_EQ(run(kSql).as<std::string>(0), "UTC|\"Gate House\"|5s|on|gatehouse|UTF8|force_generic_plan|off|off");
}

TEST_F(DatabaseTest, a_batch_happens_as_a_whole_or_not_at_all) {
  static constexpr Sql kMake = "CREATE TABLE t (n int UNIQUE)";
  static constexpr Sql kInsert = "INSERT INTO t VALUES ($1)";
  static constexpr Sql kCount = "SELECT count(*) FROM t";
  static constexpr Sql kDivide = "SELECT 1 / $1::integer";
  run(kMake);
  const auto results = batch(std::move(Batch{}.add(kInsert, 1).add(kCount).add(kInsert, 2)));
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].affected(), 1);
  EXPECT_EQ(results[1].as<std::int64_t>(0), 1);
  // The first error wins, and nothing of the batch is there.
  EXPECT_EQ(sqlstate([&] { batch(std::move(Batch{}.add(kInsert, 3).add(kDivide, 0).add(kInsert, 1))); }), "22012");
  EXPECT_EQ(number(kCount), 2);
  EXPECT_TRUE(batch({}).empty());
}

TEST_F(DatabaseTest, a_statement_that_cannot_be_prepared_harms_no_other) {
  static constexpr Sql kWrong = "SELECT * FROM not_there";
  static constexpr Sql kOther = "SELECT 5";
  options_.shared_connections = 1;
  EXPECT_EQ(sqlstate([&] { batch(std::move(Batch{}.add(kWrong).add(kOther))); }), "42P01");
  EXPECT_EQ(number(kOther), 5);
  EXPECT_EQ(sqlstate([&] { run(kWrong); }), "42P01");
}

TEST_F(DatabaseTest, a_changed_result_type_is_prepared_anew) {
  static constexpr Sql kMake = "CREATE TABLE t AS SELECT 1::integer AS n";
  static constexpr Sql kRead = "SELECT n FROM t";
  static constexpr Sql kChange = "ALTER TABLE t ALTER n TYPE text USING 'text'";
  static constexpr Sql kBack = "ALTER TABLE t ALTER n TYPE integer USING 7";
  options_.shared_connections = 1;
  run(kMake);
  EXPECT_EQ(run(kRead).as<std::string>(0), "1");
  run(kChange);
  EXPECT_EQ(run(kRead).as<std::string>(0), "text");
  std::string inside;
  const auto read = [&inside](Transaction& tx) -> Task<void> {
    inside = (co_await tx.run(kRead, Params())).as<std::string>(0);
  };
  transaction(read);
  run(kBack);
  transaction(read);
  EXPECT_EQ(inside, "7");
}

TEST_F(DatabaseTest, round_trips_are_counted) {
  static constexpr Sql kOne = "SELECT 1";
  run(kOne);
  EXPECT_EQ(ctx_.postgres_round_trips, 1U);
  batch(std::move(Batch{}.add(kOne).add(kOne).add(kOne)));
  EXPECT_EQ(ctx_.postgres_round_trips, 2U);
  transaction([](Transaction& tx) -> Task<void> {
    co_await tx.run(kOne, Params());
    co_await tx.run(kOne, Params());
  });
  EXPECT_EQ(ctx_.postgres_round_trips, 5U);  // BEGIN travels with the first one
  transaction([](Transaction&) -> Task<void> { co_return; });
  EXPECT_EQ(ctx_.postgres_round_trips, 5U);
}

TEST_F(DatabaseTest, a_transaction_that_throws_leaves_nothing_and_its_connection_works_on) {
  static constexpr Sql kMake = "CREATE TABLE t (n int UNIQUE)";
  static constexpr Sql kInsert = "INSERT INTO t VALUES (1)";
  static constexpr Sql kCount = "SELECT count(*) FROM t";
  options_.leased_connections = 1;
  run(kMake);
  EXPECT_THROW(transaction([](Transaction& tx) -> Task<void> {
                 co_await tx.run(kInsert, Params());
                 throw std::logic_error("no");
               }),
               std::logic_error);
  EXPECT_EQ(number(kCount), 0);
  transaction([](Transaction& tx) -> Task<void> { co_await tx.run(kInsert, Params()); });
  EXPECT_EQ(number(kCount), 1);
  EXPECT_FALSE(ctx_.holds_lease());
}

TEST_F(DatabaseTest, a_swallowed_error_is_not_taken_for_success) {
  static constexpr Sql kMake = "CREATE TABLE t (n int UNIQUE)";
  static constexpr Sql kInsert = "INSERT INTO t VALUES ($1)";
  static constexpr Sql kCount = "SELECT count(*) FROM t";
  run(kMake);
  run(kInsert, 1);
  const auto body = [](Transaction& tx) -> Task<void> {
    co_await tx.run(kInsert, Params(2));
    try {
      co_await tx.run(kInsert, Params(1));
    } catch (const StatementError&) {
    }
  };
  EXPECT_EQ(sqlstate([&] { transaction(body); }), "23505");
  EXPECT_EQ(number(kCount), 1);
}

TEST_F(DatabaseTest, what_fails_at_commit_is_told) {
  static constexpr Sql kMake = "CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)";
  static constexpr Sql kInsert = "INSERT INTO t VALUES (1)";
  run(kMake);
  run(kInsert);
  const auto body = [](Transaction& tx) -> Task<void> { co_await tx.run(kInsert, Params()); };
  EXPECT_EQ(sqlstate([&] { transaction(body); }), "23505");
  EXPECT_EQ(sqlstate([&] { batch(std::move(Batch{}.add(kInsert))); }), "23505");
}

TEST_F(DatabaseTest, a_serialization_failure_runs_the_body_again) {
  static constexpr Sql kMake = "CREATE TABLE t (id int, n int)";
  static constexpr Sql kRows = "INSERT INTO t VALUES (1, 0)";
  static constexpr Sql kLevel = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
  static constexpr Sql kRead = "SELECT n FROM t";
  static constexpr Sql kBump = "UPDATE t SET n = n + 1 WHERE id = 1";
  run(kMake);
  run(kRows);
  int runs = 0;
  transaction([&](Transaction& tx) -> Task<void> {
    ++runs;
    co_await tx.run(kLevel, Params());
    co_await tx.run(kRead, Params());
    Context other;
    if (runs == 1) {
      co_await database().run(other, kBump, Params());
    }
    co_await tx.run(kBump, Params());
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(number(kRead), 2);
}

TEST_F(DatabaseTest, deadlocked_batches_both_happen) {
  static constexpr Sql kMake = "CREATE TABLE t AS SELECT id, 0 AS n FROM generate_series(1, 2) id";
  static constexpr Sql kBump = "UPDATE t SET n = n + 1 WHERE id = $1";
  static constexpr Sql kCloseGate = "SELECT pg_advisory_xact_lock(1)";
  static constexpr Sql kEnterGate = "SELECT pg_advisory_xact_lock_shared(1)";
  static constexpr Sql kAtGate = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'";
  static constexpr Sql kSum = "SELECT sum(n) FROM t";
  run(kMake);
  int done = 0;
  Context contexts[2];
  Database second(io_, options_);
  Database* const databases[] = {&database(), &second};
  const auto bump = [&](int first, int then) -> Task<void> {
    Batch both;
    both.add(kBump, first).add(kEnterGate).add(kBump, then);
    co_await databases[first - 1]->batch(contexts[first - 1], both);
    ++done;
  };
  // Both wait at the gate with their first row locked; behind it each wants the other's.
  transaction([&](Transaction& tx) -> Task<void> {
    co_await tx.run(kCloseGate, Params());
    asio::co_spawn(io_.get_executor(), bump(1, 2), asio::detached);
    asio::co_spawn(io_.get_executor(), bump(2, 1), asio::detached);
    while ((co_await tx.run(kAtGate, Params())).as<std::int64_t>(0) < 2) {
    }
  });
  while (done < 2) {
    io_.run_one();
  }
  EXPECT_EQ(number(kSum), 4);
  EXPECT_GE(contexts[0].postgres_round_trips + contexts[1].postgres_round_trips, 3U);  // a loser may lose again
}

TEST_F(DatabaseTest, a_thousand_statements_at_once_are_answered_each_with_its_own) {
  static constexpr Sql kEcho = "SELECT $1::integer";
  options_.pipeline_depth = 1000;
  int right = 0;
  int done = 0;
  Context contexts[1000];
  run(kEcho, 0);
  const auto ask = [&](int n) -> Task<void> {
    const auto result = co_await database().run(contexts[n], kEcho, Params(n));
    right += result.as<std::int32_t>(0) == n ? 1 : 0;
    ++done;
  };
  for (int i = 0; i < 1000; ++i) {
    asio::co_spawn(io_, ask(i), asio::detached);
  }
  while (done < 1000) {
    io_.run_one();
  }
  EXPECT_EQ(right, 1000);
}

TEST_F(DatabaseTest, more_in_flight_than_the_pipelines_hold_is_refused_at_once) {
  static constexpr Sql kSleep = "SELECT pg_sleep(0.2)";
  options_.shared_connections = 1;
  options_.pipeline_depth = 4;
  static constexpr Sql kOne = "SELECT 1";
  run(kOne);
  Context contexts[4];
  int done = 0;
  for (auto& ctx : contexts) {
    asio::co_spawn(io_, database().run(ctx, kSleep, Params()), [&](std::exception_ptr, const Result&) { ++done; });
  }
  while (database().health().statements_waiting < 4) {
    io_.run_one();
  }
  try {
    run(kOne);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::service_unavailable);
    EXPECT_EQ(error.retry_after(), 1);
  }
  EXPECT_EQ(done, 0);
  while (done < 4) {
    io_.run_one();
  }
}

TEST_F(DatabaseTest, a_request_whose_time_is_over_asks_nothing_more) {
  static constexpr Sql kOne = "SELECT 1";
  run(kOne);
  ctx_.deadline = boot_time() - Micros{1};
  EXPECT_THROW(run(kOne), Error);
  EXPECT_EQ(ctx_.postgres_round_trips, 1U);
  ctx_.deadline = boot_time() + Seconds{5};
  EXPECT_EQ(run(kOne).rows(), 1U);
}

TEST(IsRead, only_a_select_from_something_counts) {
  EXPECT_TRUE(Sql("SELECT n FROM t").reads());
  EXPECT_TRUE(Sql("\n  select n\nfrom t").reads());
  EXPECT_FALSE(Sql("SELECT _gatehouse_consume($1)").reads());
  EXPECT_FALSE(Sql("WITH x AS (DELETE FROM t RETURNING n) SELECT n FROM x").reads());
  EXPECT_FALSE(Sql("UPDATE t SET n = 1 FROM u").reads());
}

}  // namespace
}  // namespace gatehouse::postgres
