#include "worker/outbox.h"

#include <algorithm>

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "platform/telemetry/log.h"

namespace gatehouse::worker {

namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr Micros kSoon = std::chrono::seconds{1};

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
  bool told_away = false;
  std::size_t mails_on_their_way = 0;

  Task<std::size_t> deliver_events();
  Task<std::size_t> start_mails();
  Task<bool> round();
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
  bool away = false;
  try {
    co_await audit.deliver(ctx, rows);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::service_unavailable) {
      throw;
    }
    away = true;
  }
  if (away) {
    for (const auto& row : rows) {
      co_await put_off(parts.database, ctx, row, parts.clock.now() + kSoon, "a database was away");
    }
  }
  co_return count;
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

// True: there may be more to do at once.
Task<bool> Outbox::Impl::round() {
  try {
    if (!stopping) {
      co_await start_mails();  // first: trouble with events holds up no mail
    }
    const std::size_t events = co_await deliver_events();
    told_away = false;
    co_return events == options.events_at_once;
  } catch (const Error& error) {
    if (!std::exchange(told_away, true)) {
      log::warn("the outbox waits", {{"cause", error.message()}});
    }
  } catch (const std::exception& error) {
    log::error("a round of the outbox failed", {{"cause", error.what()}});
  }
  co_return false;
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
      co_await impl->wait(impl->options.poll);
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
