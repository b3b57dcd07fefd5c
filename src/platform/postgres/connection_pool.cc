#include "platform/postgres/connection_pool.h"

#include <algorithm>
#include <libpq-fe.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "platform/base/timer.h"
#include "platform/telemetry/log.h"

namespace gatehouse::postgres {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr Micros kFirstPause = std::chrono::milliseconds{10};
constexpr Micros kLongestPause = std::chrono::milliseconds{250};

}  // namespace

void Availability::failed(const std::string& why, Micros since) {
  if (!away()) {
    away_since_ = since;
    log::warn("PostgreSQL is away", {{"reason", why}});
  }
}

void Availability::full(const std::string& why) {
  if (!std::exchange(is_full_, true)) {
    log::warn("PostgreSQL takes no more connections", {{"reason", why}});
  }
}

void Availability::worked() {
  if (away()) {
    log::info("PostgreSQL is back", {{"away_ms", std::to_string((boot_time() - away_since_).count() / 1000)}});
  }
  away_since_ = Micros{0};
  is_full_ = false;
}

ConnectionPool::ConnectionPool(asio::io_context& io, std::shared_ptr<ServerList> servers,
                               std::shared_ptr<Availability> availability, Micros connect_time)
    : io_(io), servers_(std::move(servers)), availability_(std::move(availability)), connect_time_(connect_time) {}

void ConnectionPool::keep(std::size_t wanted) {
  wanted_ = std::max(wanted_, wanted);
  replace();
}

void ConnectionPool::replace() {
  const auto usable =
      static_cast<std::size_t>(std::ranges::count_if(connections_, [](const auto& one) { return one->usable(); }));
  while (!closed_ && usable + opening_ < wanted_) {
    ++opening_;
    asio::co_spawn(io_.get_executor(), open_one(shared_from_this()), asio::detached);
  }
}

Task<void> ConnectionPool::open_one(std::shared_ptr<ConnectionPool> self) {
  co_await asio::post(self->io_.get_executor(), kAwait);  // never inside `replace`
  for (Micros pause = kFirstPause; !self->closed_; pause = std::min(2 * pause, kLongestPause)) {
    const auto attempt = co_await self->servers_->connect(self->connect_time_);
    if (attempt.connection != nullptr) {
      --self->opening_;
      self->arrived(attempt);
      co_return;
    }
    if (attempt.full) {
      self->availability_->full(attempt.why_not);
    } else {
      self->availability_->failed(attempt.why_not, boot_time());
    }
    if (self->opening_ > 1) {  // one attempt at a time is enough; the one that succeeds fetches the others
      break;
    }
    Timer timer(self->io_.get_executor(), pause);
    co_await timer.async_wait(kAwait);
  }
  --self->opening_;
}

void ConnectionPool::arrived(const ServerList::Attempt& attempt) {
  if (closed_) {
    PQfinish(attempt.connection);
    return;
  }
  availability_->worked();
  auto connection = std::make_shared<Connection>(io_, attempt.connection, attempt.host);
  connections_.push_back(connection);
  connection->start([weak = weak_from_this()](Connection& changed) {
    const auto self = weak.lock();
    if (!self) {
      return;
    }
    if (changed.open()) {
      self->retire_all();
    } else {
      self->forget(changed);
    }
  });
  replace();
  on_arrival_(std::move(connection));
}

void ConnectionPool::forget(const Connection& connection) {
  std::erase_if(connections_, [&](const auto& one) { return one.get() == &connection; });
  replace();
}

void ConnectionPool::drop(const std::shared_ptr<Connection>& connection) {
  connection->close();
  forget(*connection);
}

void ConnectionPool::retire_all() {
  const auto all = connections_;
  for (const auto& connection : all) {
    connection->retire();
  }
  replace();
}

void ConnectionPool::close() {
  closed_ = true;
  for (const auto& connection : std::exchange(connections_, {})) {
    connection->close();
  }
}

}  // namespace gatehouse::postgres
