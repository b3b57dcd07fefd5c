#include "main/upkeep.h"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/timer.h"
#include "platform/postgres/migration.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

constexpr Seconds kClockInterval{10};
constexpr Seconds kProjectInterval{1};
constexpr Seconds kSchemaInterval{1};
constexpr Seconds kPatience{5};

Task<void> measure(Deployment& deployment, std::shared_ptr<postgres::Database> database) {
  static constexpr postgres::Sql kSql = "SELECT clock_timestamp()";
  Context ctx;
  ctx.deadline = boot_time() + kPatience;
  const auto before = boot_time();
  const auto result = co_await database->run(ctx, kSql, {});
  const auto after = boot_time();
  deployment.clock.adjust(result.as<TimePoint>(0), before + (after - before) / 2);
}

// Whether `gatehouse migrate up` of this version has been run.
Task<bool> has_schema(postgres::Database& database) {
  static constexpr postgres::Sql kTable = "SELECT to_regclass('_gatehouse_migration') IS NOT NULL";
  static constexpr postgres::Sql kNewest =
      "SELECT EXISTS (SELECT FROM _gatehouse_migration WHERE set_name = 'app' AND id = $1)";
  Context ctx;
  ctx.deadline = boot_time() + kPatience;
  if (!(co_await database.run(ctx, kTable, {})).as<bool>(0)) {
    co_return false;
  }
  const std::string newest = postgres::embedded_migrations("app").back().id;
  co_return (co_await database.run(ctx, kNewest, postgres::Params(newest))).as<bool>(0);
}

}  // namespace

Task<void> pause(Micros time) {
  Timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable_t<Executor>{});
}

Task<void> keep_clock(Deployment& deployment, std::function<std::shared_ptr<postgres::Database>()> database) {
  for (;;) {
    try {
      co_await measure(deployment, database());
    } catch (const std::exception& error) {
      deployment.metrics.count("gatehouse_clock_measurements_failed_total");
      log::debug("the clock was not measured", {{"cause", error.what()}});
    }
    co_await pause(kClockInterval);
  }
}

Task<void> await_schema(Deployment& deployment, std::function<std::shared_ptr<postgres::Database>()> database) {
  for (;;) {
    bool there = false;
    try {
      const auto current = database();
      there = co_await has_schema(*current);
      if (!there && !deployment.schema_is_behind.exchange(true)) {
        log::error("the database lacks tables of this version; run 'gatehouse migrate up'");
      }
    } catch (const std::exception& error) {
      log::debug("the database's tables were not looked at", {{"cause", error.what()}});
    }
    if (there) {
      deployment.schema_is_behind = false;
      co_return;
    }
    co_await pause(kSchemaInterval);
  }
}

Task<void> keep_projects(Deployment& deployment) {
  for (;;) {
    co_await pause(kProjectInterval);
    Context ctx;
    ctx.deadline = boot_time() + kPatience;
    try {
      co_await deployment.cpu.run(ctx, [&deployment] { return deployment.projects->refresh(); });
    } catch (const std::exception& error) {
      log::warn("the configuration was not looked at", {{"cause", error.what()}});
    }
  }
}

}  // namespace gatehouse::main
