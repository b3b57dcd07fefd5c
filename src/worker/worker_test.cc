#include "worker/worker.h"

#include <boost/asio.hpp>

#include "domain/event/event.h"
#include "platform/telemetry/metrics.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::worker {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLease = "00000000-0000-0000-0000-000000000007";  // of a process long ago

class NoProjects : public project::Registry {
 public:
  project::Handle find_by_host(std::string_view) override { return nullptr; }
  project::Handle find_by_id(const project::ProjectId&) override { return nullptr; }
  std::uint64_t version() const override { return 1; }
};

class WorkerTest : public testing::Test {
 protected:
  ~WorkerTest() override {
    audit.close();
    ctx.database->close();
    ctx.io.restart();
    ctx.io.poll();
  }

  void add_event() {
    postgres::Batch batch;
    event::add(batch, ctx, {.type = "user.authenticated", .payload = {{"n", 1}}, .user = UserId{"user-1"}});
    ctx.run(ctx->commit(batch));
  }
  std::int64_t count(postgres::Database& in, postgres::Sql sql) {
    postgres::SharedSession session(in, ctx);
    return ctx.run(session.one<std::int64_t>(sql, ctx->app_id()));
  }
  std::int64_t audited() {
    static constexpr postgres::Sql kSql = "SELECT count(*) FROM _audit_log WHERE app_id = $1";
    return count(audit, kSql);
  }
  // Runs the loop until it is so, or for 10 s.
  void wait_until(const std::function<bool()>& is_so) {
    const Micros until = boot_time() + 10s;
    while (!is_so() && boot_time() < until) {
      ctx.io.restart();
      ctx.io.run_one_for(10ms);
    }
    ASSERT_TRUE(is_so());
  }

  test::TestContext ctx{test::TestProject{}.database(test::fresh_database()).build()};
  postgres::Database audit{ctx.io, {.url = test::fresh_audit_database()}};
  egress::Client egress{ctx.io, {}};
  NoProjects registry;
  crypto::KeyRing keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  telemetry::Metrics metrics;
  Parts parts{ctx.io, registry, *ctx.database, &audit, egress, keys, ctx.clock, metrics};
};

}  // namespace

TEST_F(WorkerTest, delivers_what_comes_until_it_is_stopped) {
  Worker worker(parts, {.outbox = {.poll = 5ms}});
  bool ended = false;
  asio::co_spawn(ctx.io, worker.run(), [&](const std::exception_ptr& error) { ended = !error; });
  for (std::int64_t n = 1; n <= 2; ++n) {
    add_event();
    wait_until([&] { return audited() == n; });
  }
  EXPECT_FALSE(ended);
  worker.stop();
  wait_until([&] { return ended; });
  add_event();
  EXPECT_EQ(audited(), 2);
}

TEST_F(WorkerTest, ends_at_once_when_it_is_stopped_before_it_began) {
  Worker worker(parts);
  worker.stop();
  ctx.run(worker.run());
  add_event();
  EXPECT_EQ(audited(), 0);
}

TEST_F(WorkerTest, keeps_its_own_tables_up_while_the_audit_database_is_away) {
  static constexpr postgres::Sql kOld =
      "INSERT INTO _gatehouse_lease (process_id, renewed_at) VALUES ($1, '2001-01-01')";
  static constexpr postgres::Sql kLeases = "SELECT count(*) FROM _gatehouse_lease WHERE process_id = $1";
  ctx.run(ctx->db().execute(kOld, std::string(kLease)));
  postgres::Database nowhere(ctx.io, {.url = "postgres://127.0.0.1:1/none"});
  Parts without_audit{ctx.io, registry, *ctx.database, &nowhere, egress, keys, ctx.clock, metrics};
  Worker worker(without_audit, {.outbox = {.poll = 5ms}, .first_upkeep = 0s});
  bool ended = false;
  asio::co_spawn(ctx.io, worker.run(), [&](const std::exception_ptr& error) { ended = !error; });
  wait_until([&] { return ctx.run(ctx->db().one<std::int64_t>(kLeases, std::string(kLease))) == 0; });
  wait_until([&] { return metrics.expose().find("gatehouse_upkeep_failures_total 2") != std::string::npos; });
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("gatehouse_upkeep_partitions_total{work=\"created\"}"));
  worker.stop();
  wait_until([&] { return ended; });
  nowhere.close();
}

TEST_F(WorkerTest, ends_while_the_databases_are_away) {
  postgres::Database nowhere(ctx.io, {.url = "postgres://127.0.0.1:1/none"});
  Worker worker({ctx.io, registry, nowhere, &nowhere, egress, keys, ctx.clock, metrics}, {.outbox = {.poll = 5ms}});
  bool ended = false;
  asio::co_spawn(ctx.io, worker.run(), [&](const std::exception_ptr& error) { ended = !error; });
  ctx.io.restart();
  ctx.io.run_for(50ms);
  EXPECT_FALSE(ended);
  worker.stop();
  const Micros began = boot_time();
  wait_until([&] { return ended; });
  EXPECT_LT(boot_time() - began, 3s);
  nowhere.close();
}

}  // namespace gatehouse::worker
