#include "worker/outbox.h"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "platform/base/timer.h"
#include "platform/telemetry/log.h"
#include "worker/back_off.h"

namespace gatehouse::worker {

namespace {

constexpr Micros kMeasureInterval = std::chrono::seconds{10};
constexpr Micros kMeasureTime = std::chrono::seconds{5};

// What one kind of rows looks like.
struct Owed {
  std::string kind;
  std::int64_t rows = 0;
  TimePoint oldest;
};
BOOST_DESCRIBE_STRUCT(Owed, (), (kind, rows, oldest))

}  // namespace

struct Outbox::Impl : std::enable_shared_from_this<Outbox::Impl> {
  Impl(Parts given, OutboxOptions chosen)
      : parts(given),
        options(chosen),
        audit(parts.database, parts.audit, parts.clock, parts.metrics),
        mail(parts.io, parts.registry, parts.database, parts.egress, parts.keys, parts.clock, parts.metrics),
        pause(parts.io) {
    options.mails_at_once = std::min(options.mails_at_once, egress::kMailsAtOnce);
  }

  Parts parts;
  OutboxOptions options;
  AuditDelivery audit;
  MailDelivery mail;
  Timer pause;
  bool stopping = false;
  BackOff database;  // of its own database
  BackOff events;    // of what events need beside it
  Micros next_measurement{};
  std::size_t mails_on_their_way = 0;

  Task<std::size_t> deliver_events();
  Task<std::size_t> start_mails();
  Task<void> measure();
  Task<bool> round();
  void fail(const char* what, const std::string& why);
  Task<void> wait(Micros time);
  static Task<void> deliver_mail(std::shared_ptr<Impl> self, OutboxRow row, Claim claim);
};

Task<std::size_t> Outbox::Impl::deliver_events() {
  Context ctx;
  ctx.deadline = boot_time() + options.lease;
  auto rows = co_await claim(parts.database, ctx, "event", options.events_at_once, parts.clock.now(), options.lease);
  const std::size_t count = rows.size();
  if (count == 0) {
    co_return count;
  }
  std::string why;
  try {
    co_await audit.deliver(ctx, rows);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::service_unavailable) {
      throw;
    }
    why = error.message();
  }
  if (why.empty()) {
    if (events.worked()) {
      log::info("events go on to the audit log");
    }
    co_return count;
  }
  if (events.failed()) {
    log::error("events wait for the audit log; they are kept, and tried again", {{"cause", why}});
  }
  co_await put_off_all(parts.database, ctx, rows, parts.clock.now() + events.pause(), why);
  co_return 0;
}

Task<void> Outbox::Impl::deliver_mail(std::shared_ptr<Impl> self, OutboxRow row, Claim claim) {
  try {
    co_await self->mail.deliver(row, claim);
  } catch (const std::exception& error) {
    // The claim runs out and the row is tried again.
    log::error("the delivery of an e-mail failed", {{"id", row.id}, {"project", row.app_id}, {"cause", error.what()}});
  }
  --self->mails_on_their_way;
}

Task<std::size_t> Outbox::Impl::start_mails() {
  const std::size_t free = options.mails_at_once - std::min(options.mails_at_once, mails_on_their_way);
  if (free == 0) {
    co_return 0;
  }
  Context ctx;
  ctx.deadline = boot_time() + options.lease;
  const Claim period(options.lease);
  auto rows = co_await claim(parts.database, ctx, "mail", free, parts.clock.now(), options.lease);
  for (auto& row : rows) {
    ++mails_on_their_way;
    asio::co_spawn(parts.io.get_executor(), deliver_mail(shared_from_this(), std::move(row), period), asio::detached);
  }
  co_return rows.size();
}

// What is owed, and since when.
Task<void> Outbox::Impl::measure() {
  static constexpr postgres::Sql kSql = "SELECT kind, count(*), min(created_at) FROM _gatehouse_outbox GROUP BY kind";
  if (boot_time() < next_measurement) {
    co_return;
  }
  Context ctx;
  ctx.deadline = boot_time() + kMeasureTime;
  const postgres::Result result = co_await parts.database.run(ctx, kSql, {});
  next_measurement = boot_time() + kMeasureInterval;
  std::map<std::string, std::pair<double, double>> owed{{"event", {}}, {"mail", {}}};
  for (std::size_t i = 0; i < result.rows(); ++i) {
    const auto each = result.as<Owed>(i);
    const std::chrono::duration<double> age = parts.clock.now() - each.oldest;
    owed[each.kind] = {static_cast<double>(each.rows), std::max(age.count(), 0.0)};
  }
  for (const auto& [kind, numbers] : owed) {
    parts.metrics.gauge("gatehouse_outbox_rows", numbers.first, {{"kind", kind}});
    parts.metrics.gauge("gatehouse_outbox_oldest_seconds", numbers.second, {{"kind", kind}});
  }
}

// True: there may be more to do at once.
Task<bool> Outbox::Impl::round() {
  try {
    if (!stopping) {
      co_await start_mails();  // first: trouble with events holds up no mail
    }
    const std::size_t delivered = events.is_resting() ? 0 : co_await deliver_events();
    co_await measure();
    if (database.worked()) {
      log::info("the outbox goes on");
    }
    co_return delivered == options.events_at_once;
  } catch (const Error& error) {
    fail("the outbox waits", error.message());
  } catch (const std::exception& error) {
    fail("the outbox does not work; it is tried again", error.what());
  }
  co_return false;
}

void Outbox::Impl::fail(const char* what, const std::string& why) {
  if (database.failed()) {
    log::error(what, {{"cause", why}});
  }
}

Task<void> Outbox::Impl::wait(Micros time) {
  pause.expires_after(time);
  co_await pause.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
}

Outbox::Outbox(Parts parts, OutboxOptions options) : impl_(std::make_shared<Impl>(parts, options)) {}

Outbox::~Outbox() { stop(); }

void Outbox::stop() {
  impl_->stopping = true;
  impl_->pause.cancel();
}

Task<void> Outbox::run() {
  const auto impl = impl_;
  while (!impl->stopping) {
    const bool more = co_await impl->round();
    if (!more && !impl->stopping) {
      co_await impl->wait(std::max(impl->options.poll, impl->database.pause()));
    }
  }
  while (impl->mails_on_their_way > 0) {
    co_await impl->wait(impl->options.poll);
  }
}

Task<std::size_t> Outbox::deliver_due() {
  const auto impl = impl_;
  const std::size_t events = co_await impl->deliver_events();
  const std::size_t mails = co_await impl->start_mails();
  while (impl->mails_on_their_way > 0) {
    co_await impl->wait(std::chrono::milliseconds{1});
  }
  co_return events + mails;
}

}  // namespace gatehouse::worker
