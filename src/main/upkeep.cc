#include "main/upkeep.h"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/timer.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

constexpr Seconds kClockInterval{10};
constexpr Seconds kProjectInterval{1};
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
