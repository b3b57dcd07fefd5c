#include "worker/worker.h"

#include <boost/asio.hpp>

#include "platform/base/one_shot.h"
#include "platform/base/timer.h"
#include "platform/postgres/partition.h"
#include "platform/telemetry/log.h"
#include "worker/clean_up.h"

namespace gatehouse::worker {

namespace {

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

  std::chrono::sys_days today() const { return std::chrono::floor<std::chrono::days>(parts.clock.now()); }
  Task<bool> keep_up();
  Task<bool> attempt(const char* what, Context& ctx, Task<void> work);
  Task<void> keep_days(Context& ctx);
  Task<void> keep_months(Context& ctx, std::string table, std::chrono::days keep);
  Task<void> remove_old_rows(Context& ctx);
  void tell(const std::string& tables, const postgres::PartitionWork& work);
  static Task<void> upkeep(std::shared_ptr<Impl> self);
};

// Ranges stay in the default partition when there is too much in them, and what finds a lock taken is left to the next
// time: nobody would see either.
void Worker::Impl::tell(const std::string& tables, const postgres::PartitionWork& work) {
  const std::pair<const char*, int> numbers[] = {{"created", work.created}, {"dropped", work.dropped},
                                                 {"moved", work.moved},     {"purged", work.purged},
                                                 {"left", work.left},       {"postponed", work.postponed}};
  for (const auto& [what, number] : numbers) {
    parts.metrics.count("gatehouse_upkeep_partitions_total", {{"work", what}}, number);
  }
  if (work.left > 0) {
    log::warn("rows stay in the default partition: too many for a partition of their own to be made beside them",
              {{"tables", tables}, {"ranges", std::to_string(work.left)}});
  }
  if (work.postponed > 0) {
    log::info("the upkeep of partitions found a lock taken; the next run does it", {{"tables", tables}});
  }
}

Task<void> Worker::Impl::keep_days(Context& ctx) {
  const auto work = co_await postgres::keep_daily_partitions(parts.database, ctx, today(), kDaysAhead);
  tell("by day", work);
}

Task<void> Worker::Impl::keep_months(Context& ctx, std::string table, std::chrono::days keep) {
  const auto work = co_await postgres::keep_monthly_partitions(*parts.audit, ctx, table, today(), kMonthsAhead, keep);
  tell(table, work);
}

Task<void> Worker::Impl::remove_old_rows(Context& ctx) {
  const std::int64_t removed = co_await clean_up(parts.database, ctx, parts.clock.now());
  parts.metrics.count("gatehouse_upkeep_rows_total", {}, static_cast<double>(removed));
}

// One part of the upkeep; what fails holds up no other. `ctx` is the work's.
Task<bool> Worker::Impl::attempt(const char* what, Context& ctx, Task<void> work) {
  ctx.deadline = boot_time() + kPartitionTime;
  try {
    co_await std::move(work);
    co_return true;
  } catch (const Error& error) {
    log::warn("a part of the upkeep waits", {{"part", what}, {"cause", error.message()}});
  } catch (const std::exception& error) {
    log::error("a part of the upkeep failed", {{"part", what}, {"cause", error.what()}});
  }
  parts.metrics.count("gatehouse_upkeep_failures_total");
  co_return false;
}

// False: to be tried again soon.
Task<bool> Worker::Impl::keep_up() {
  Context ctx;
  bool done = co_await attempt("partitions", ctx, keep_days(ctx));
  done &= co_await attempt("old rows", ctx, remove_old_rows(ctx));
  if (parts.audit != nullptr) {
    done &= co_await attempt("the audit log", ctx, keep_months(ctx, "_audit_log", options.audit_retention));
    done &= co_await attempt("the audit metrics", ctx, keep_months(ctx, "_audit_metrics", kMetricsRetention));
  }
  co_return done;
}

Task<void> Worker::Impl::upkeep(std::shared_ptr<Impl> self) {
  Micros next = self->options.first_upkeep;
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
