#include "worker/worker.h"

#include <boost/asio.hpp>

#include "platform/base/one_shot.h"
#include "platform/postgres/partition.h"
#include "platform/telemetry/log.h"
#include "worker/clean_up.h"

namespace gatehouse::worker {

namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr Micros kAfterStart = std::chrono::seconds{5};
constexpr Micros kAfterFailure = std::chrono::minutes{1};
constexpr Micros kPartitionTime = std::chrono::minutes{5};
constexpr int kDaysAhead = 7;
constexpr int kMonthsAhead = 4;
constexpr std::chrono::days kMetricsRetention{90};

}  // namespace

struct Worker::Impl : std::enable_shared_from_this<Worker::Impl> {
  Impl(Parts given, WorkerOptions chosen)
      : parts(given), options(chosen), outbox(given, chosen.outbox), pause(given.io) {}

  Parts parts;
  WorkerOptions options;
  Outbox outbox;
  Timer pause;
  bool stopping = false;
  OneShot<void> upkeep_ended;

  Task<bool> keep_up();
  Task<void> keep_partitions(Context& ctx);
  static Task<void> upkeep(std::shared_ptr<Impl> self);
};

Task<void> Worker::Impl::keep_partitions(Context& ctx) {
  const auto today = std::chrono::floor<std::chrono::days>(parts.clock.now());
  ctx.deadline = boot_time() + kPartitionTime;
  co_await postgres::keep_daily_partitions(parts.database, ctx, today, kDaysAhead);
  if (parts.audit == nullptr) {
    co_return;
  }
  ctx.deadline = boot_time() + kPartitionTime;
  co_await postgres::keep_monthly_partitions(*parts.audit, ctx, "_audit_log", today, kMonthsAhead,
                                             options.audit_retention);
  co_await postgres::keep_monthly_partitions(*parts.audit, ctx, "_audit_metrics", today, kMonthsAhead,
                                             kMetricsRetention);
}

// False: to be tried again soon.
Task<bool> Worker::Impl::keep_up() {
  Context ctx;
  try {
    co_await keep_partitions(ctx);
    const std::int64_t removed = co_await clean_up(parts.database, ctx, parts.clock.now());
    parts.metrics.count("gatehouse_upkeep_rows_total", {}, static_cast<double>(removed));
    co_return true;
  } catch (const Error& error) {
    log::warn("the upkeep of the tables waits", {{"cause", error.message()}});
  } catch (const std::exception& error) {
    log::error("the upkeep of the tables failed", {{"cause", error.what()}});
  }
  co_return false;
}

Task<void> Worker::Impl::upkeep(std::shared_ptr<Impl> self) {
  Micros next = kAfterStart;
  while (!self->stopping) {
    self->pause.expires_after(next);
    co_await self->pause.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    if (self->stopping) {
      break;
    }
    const bool done = co_await self->keep_up();
    next = done ? self->options.upkeep : kAfterFailure;
  }
  self->upkeep_ended.set();
}

Worker::Worker(Parts parts, WorkerOptions options) : impl_(std::make_shared<Impl>(parts, options)) {}

Worker::~Worker() { stop(); }

void Worker::stop() {
  impl_->stopping = true;
  impl_->pause.cancel();
  impl_->outbox.stop();
}

Task<void> Worker::run() {
  const auto impl = impl_;
  asio::co_spawn(impl->parts.io.get_executor(), Impl::upkeep(impl), asio::detached);
  co_await impl->outbox.run();
  co_await impl->upkeep_ended.wait();
}

}  // namespace gatehouse::worker
