#include "platform/postgres/partition.h"

#include <boost/asio/co_spawn.hpp>

#include "support/postgres_server.h"
#include "support/query_plan.h"
#include "support/run_task.h"

namespace gatehouse::postgres {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr sys_days kToday = std::chrono::year{2027} / 2 / 28;
constexpr int kTables = 6;  // of the app database that are partitioned by day

class Partitions : public testing::Test {
 protected:
  PartitionWork daily(sys_days today) { return test::run_task(io_, keep_daily_partitions(database_, ctx_, today, 2)); }
  PartitionWork monthly(sys_days today) {
    return test::run_task(io_, keep_monthly_partitions(audit_, ctx_, "_audit_log", today, 4, days{180}));
  }
  void use(std::string_view kind, int count, sys_days expires_on) {
    static constexpr Sql kSql =
        "INSERT INTO _gatehouse_consumed (app_id, kind, hash, expires_on, attempt) "
        "SELECT 'app', $1, decode(md5(n::text), 'hex'), $2, gen_random_uuid() FROM generate_series(1, $3) n";
    test::run_task(io_, database_.run(ctx_, kSql, Params(kind, expires_on, count)));
  }
  std::int64_t number(Database& database, Sql sql) {
    return test::run_task(io_, database.run(ctx_, sql, Params())).as<std::int64_t>(0);
  }

  std::string url_ = test::fresh_database();
  std::string audit_url_ = test::fresh_audit_database();
  asio::io_context io_{1};
  Context ctx_;
  Database database_{io_, {.url = url_}};
  Database audit_{io_, {.url = audit_url_}};
};

constexpr Sql kUsed = "SELECT count(*) FROM _gatehouse_consumed";
constexpr Sql kInDefault = "SELECT count(*) FROM _gatehouse_consumed_default";
constexpr Sql kThere =
    "SELECT count(*) FROM pg_class WHERE relname LIKE '\\_gatehouse\\_consumed\\_p2%' AND relkind = 'r'";

TEST_F(Partitions, days_are_made_ahead_and_dropped_when_they_have_been_over_for_a_day) {
  const auto first = daily(kToday);
  EXPECT_EQ(first.created, kTables * 4);  // yesterday, today and two ahead
  EXPECT_EQ(first.postponed, 0);
  EXPECT_EQ(daily(kToday).created, 0);
  use("code", 3, kToday);
  EXPECT_EQ(number(database_, kInDefault), 0);
  const auto next = daily(kToday + days{1});
  EXPECT_EQ(next.created, kTables);
  EXPECT_EQ(next.dropped, kTables);
  EXPECT_EQ(number(database_, kUsed), 3);  // until the end of its day, and a day more
  EXPECT_EQ(daily(kToday + days{2}).dropped, kTables);
  EXPECT_EQ(number(database_, kUsed), 0);
  EXPECT_EQ(number(database_, kThere), 4);
}

TEST_F(Partitions, rows_that_were_there_first_are_moved_and_stay_used) {
  use("code", 5000, kToday);
  EXPECT_EQ(daily(kToday).moved, 5000);
  EXPECT_EQ(number(database_, kInDefault), 0);
  EXPECT_EQ(number(database_, kUsed), 5000);
}

TEST_F(Partitions, too_many_rows_stay_where_they_are_and_go_in_bites_when_their_time_is_over) {
  use("code", 12'000, kToday);
  const auto first = daily(kToday);
  EXPECT_EQ(first.left, 1);
  EXPECT_EQ(first.created, kTables * 4 - 1);
  EXPECT_EQ(number(database_, kUsed), 12'000);
  EXPECT_EQ(daily(kToday + days{1}).purged, 0);
  EXPECT_EQ(daily(kToday + days{2}).purged, 12'000);
  EXPECT_EQ(number(database_, kUsed), 0);
}

TEST_F(Partitions, a_look_up_touches_one_partition_by_its_key) {
  daily(kToday);
  const std::string plan = test::query_plan(
      url_, "SELECT attempt FROM _gatehouse_consumed WHERE app_id = $1 AND kind = $2 AND hash = $3 AND expires_on = $4",
      {"app", "code", "\\x00", "2027-02-28"});
  EXPECT_NE(plan.find("Index Scan"), std::string::npos) << plan;
  EXPECT_NE(plan.find("_gatehouse_consumed_p20270228"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("Append"), std::string::npos) << plan;
}

TEST_F(Partitions, months_of_the_audit_log_have_their_own_primary_key_and_go_by_retention) {
  static constexpr Sql kAdd =
      "INSERT INTO _audit_log (id, app_id, created_at, user_id, activity_type, data) "
      "VALUES ($1, 'app', $2, '', 'x', '{}') ON CONFLICT DO NOTHING";
  static constexpr Sql kRows = "SELECT count(*) FROM _audit_log";
  static constexpr Sql kInFebruary = "SELECT count(*) FROM _audit_log_p2027_02";
  const auto add = [&](const char* id, sys_days day) {
    test::run_task(io_, audit_.run(ctx_, kAdd, Params(id, TimePoint{day})));
  };
  add("before", kToday);
  const auto first = monthly(kToday);
  EXPECT_EQ(first.created, 5);
  EXPECT_EQ(first.moved, 1);
  add("event", kToday);
  add("event", kToday);
  EXPECT_EQ(number(audit_, kInFebruary), 2);
  EXPECT_EQ(monthly(sys_days{std::chrono::year{2027} / 8 / 27}).dropped, 0);  // 180 days after 28 February
  EXPECT_EQ(number(audit_, kRows), 2);
  EXPECT_EQ(monthly(sys_days{std::chrono::year{2027} / 8 / 28}).dropped, 1);
  EXPECT_EQ(number(audit_, kRows), 0);
}

TEST_F(Partitions, months_that_are_kept_for_ever_are_never_dropped) {
  const auto kept = [&](sys_days today) {
    return test::run_task(io_, keep_monthly_partitions(audit_, ctx_, "_audit_log", today, 4, days{0}));
  };
  EXPECT_EQ(kept(kToday).created, 5);
  const auto later = kept(kToday + days{36'500});
  EXPECT_EQ(later.created, 5);
  EXPECT_EQ(later.dropped + later.purged, 0);
}

TEST_F(Partitions, a_month_made_by_another_program_under_another_name_is_respected) {
  static constexpr Sql kOther =
      "CREATE TABLE _audit_log_p20270201 PARTITION OF _audit_log FOR VALUES FROM ('2027-02-01') TO ('2027-03-01')";
  test::run_task(io_, audit_.run(ctx_, kOther, Params()));
  EXPECT_EQ(monthly(kToday).created, 4);
}

TEST_F(Partitions, a_table_in_use_postpones_the_work_and_two_at_once_do_it_once) {
  static constexpr Sql kLock = "LOCK TABLE _gatehouse_consumed_default IN ROW EXCLUSIVE MODE";
  Context holder;
  PartitionWork meanwhile;
  test::run_task(io_, database_.transaction(holder, [&](Transaction& tx) -> Task<void> {
    co_await tx.run(kLock, Params());
    meanwhile = co_await keep_daily_partitions(database_, ctx_, kToday, 0);
  }));
  EXPECT_EQ(meanwhile.postponed, 2);
  EXPECT_EQ(meanwhile.created, (kTables - 1) * 2);

  Context other;
  PartitionWork theirs;
  bool done = false;
  asio::co_spawn(io_.get_executor(), keep_daily_partitions(database_, other, kToday, 2),
                 [&](std::exception_ptr failure, PartitionWork work) {
                   EXPECT_FALSE(failure);
                   theirs = work;
                   done = true;
                 });
  const auto ours = daily(kToday);
  while (!done) {
    io_.run_one();
  }
  EXPECT_EQ(ours.created + theirs.created + meanwhile.created, kTables * 4);
}

}  // namespace
}  // namespace gatehouse::postgres
