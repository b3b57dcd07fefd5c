#include "platform/postgres/listener.h"

#include <algorithm>
#include <libpq-fe.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/timer.h"

namespace gatehouse::postgres {

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr Micros kPing = std::chrono::seconds{10};
constexpr Micros kAnswer = std::chrono::seconds{2};
constexpr Micros kFirstPause = std::chrono::milliseconds{10};
constexpr Micros kLongestPause = std::chrono::milliseconds{250};

}  // namespace

struct Listener::Link {
  Link(asio::io_context& io, PGconn* established)
      : descriptor(io.get_executor(), PQsocket(established)), connection(established) {}
  ~Link() {
    descriptor.release();
    PQfinish(connection);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  Descriptor descriptor;
  PGconn* connection;
};

Listener::Listener(asio::io_context& io, std::shared_ptr<ServerList> servers, Micros connect_time,
                   std::vector<std::string> channels, std::function<void(std::string, std::string)> on_notify,
                   std::function<void()> on_connect)
    : io_(io),
      servers_(std::move(servers)),
      connect_time_(connect_time),
      channels_(std::move(channels)),
      on_notify_(std::move(on_notify)),
      on_connect_(std::move(on_connect)) {}

Listener::~Listener() = default;

void Listener::stop() {
  stopped_ = true;
  if (link_) {
    link_->descriptor.cancel();
  }
}

Task<void> Listener::run(std::shared_ptr<Listener> self) {
  Micros pause = kFirstPause;
  while (!self->stopped_) {
    const auto attempt = co_await self->servers_->connect(self->connect_time_);
    if (attempt.connection != nullptr) {
      self->link_ = std::make_shared<Link>(self->io_, attempt.connection);
      if (co_await self->listen()) {
        pause = kFirstPause;
        self->on_connect_();
        co_await self->serve();
      }
      self->link_.reset();
    }
    if (self->stopped_) {
      co_return;
    }
    Timer timer(self->io_.get_executor(), pause);
    co_await timer.async_wait(kAwait);
    pause = std::min(2 * pause, kLongestPause);
  }
}

Task<bool> Listener::listen() {
  std::string sql;
  for (const auto& channel : channels_) {
    char* quoted = PQescapeIdentifier(link_->connection, channel.data(), channel.size());
    sql += "LISTEN " + std::string(quoted == nullptr ? "" : quoted) + ";";
    PQfreemem(quoted);
  }
  co_return co_await command(std::move(sql));
}

// Sends it and waits for its end; false when the connection is not to be trusted any more.
Task<bool> Listener::command(std::string sql) {
  PGconn* connection = link_->connection;
  if (PQsendQuery(connection, sql.c_str()) == 0) {
    co_return false;
  }
  bool good = PQstatus(connection) == CONNECTION_OK;
  const auto until = boot_time() + kAnswer;
  for (;;) {
    while (PQisBusy(connection) == 0) {
      PGresult* result = PQgetResult(connection);
      if (result == nullptr) {
        co_return good;
      }
      const auto status = PQresultStatus(result);
      good = good && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
      PQclear(result);
    }
    if (PQflush(connection) < 0 || !co_await wait_readable(until - boot_time()) || PQconsumeInput(connection) == 0) {
      co_return false;
    }
  }
}

Task<void> Listener::serve() {
  for (;;) {
    tell();
    const bool readable = co_await wait_readable(kPing);
    if (stopped_) {
      co_return;
    }
    if (readable && PQconsumeInput(link_->connection) == 0) {
      co_return;
    }
    if (!readable && !co_await command("SELECT 1")) {
      co_return;
    }
  }
}

// False after `time`. Cancellation of the coroutine goes on as an exception.
Task<bool> Listener::wait_readable(Micros time) {
  enum class Wait { going_on, expired, over };
  auto state = std::make_shared<Wait>(Wait::going_on);
  Timer timer(io_.get_executor(), time);
  timer.async_wait([state, link = link_](boost::system::error_code error) {
    if (!error && *state == Wait::going_on) {
      *state = Wait::expired;
      link->descriptor.cancel();
    }
  });
  const auto [error] =
      co_await link_->descriptor.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(kAwait));
  const bool expired = std::exchange(*state, Wait::over) == Wait::expired;
  if (error && !expired && !stopped_) {
    throw boost::system::system_error(error);
  }
  co_return !error;
}

void Listener::tell() {
  while (PGnotify* notify = PQnotifies(link_->connection)) {
    const std::string channel = notify->relname;
    const std::string payload = notify->extra;
    PQfreemem(notify);
    on_notify_(channel, payload);
  }
}

}  // namespace gatehouse::postgres
