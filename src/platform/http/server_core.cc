#include "platform/http/server_core.h"

#include <cstring>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/chrono.h>

#include "platform/crypto/encoding.h"
#include "platform/crypto/random.h"
#include "platform/http/error_response.h"
#include "platform/http/tls_context.h"
#include "platform/telemetry/log.h"

namespace gatehouse::http {

namespace {

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr auto kSweepEvery = std::chrono::milliseconds{500};
constexpr auto kFlushAfter = std::chrono::milliseconds{50};
constexpr auto kAcceptPause = std::chrono::milliseconds{50};
constexpr Micros kRoomAfter = Seconds{1};
constexpr std::size_t kRoomShare = 64;  // of the connections, one more than one in so many makes room

IpAddress address_of(const Tcp::endpoint& endpoint) {
  return IpAddress::parse(endpoint.address().to_string()).value_or(IpAddress{});
}

void bind_to(Acceptor& acceptor, const Tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.bind(endpoint, error);
  if (error) {
    const auto address = endpoint.address().to_string();
    throw std::runtime_error(
        fmt::format("cannot listen on {}, port {}: {}", address, endpoint.port(), std::strerror(error.value())));
  }
}

// Refuses an address that another process listens on; with SO_REUSEPORT alone two servers would share it by accident.
void check_address_is_free(asio::io_context& io, const Tcp::endpoint& endpoint) {
  Acceptor probe(io.get_executor(), endpoint.protocol());
  probe.set_option(Acceptor::reuse_address(true));
  bind_to(probe, endpoint);
}

// Completion of a coroutine: keeps its object alive until then. No exception is expected; one is a bug.
struct KeepUntilDone {
  std::shared_ptr<void> object;

  void operator()(const std::exception_ptr& error) const {
    if (error) {
      log::error("a connection ended with an exception");
    }
  }
};

}  // namespace

std::string_view HttpDate::at(Micros now) {
  const std::int64_t second = now.count() / 1'000'000;
  if (second != second_) {
    second_ = second;
    const std::time_t time = std::chrono::system_clock::to_time_t(wall_clock());
    std::tm utc{};
    gmtime_r(&time, &utc);
    text_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", utc);
  }
  return text_;
}

RequestIds::RequestIds() : prefix_(crypto::hex(crypto::random_bytes(8))) {}

std::string RequestIds::next() { return fmt::format("{}-{:06x}", prefix_, ++count_); }

ServerCore::ServerCore(asio::io_context& io_context, ServerOptions server_options, Handler handler)
    : io(io_context),
      options(std::move(server_options)),
      handle(std::move(handler)),
      trusted(options.trusted_proxies),
      acceptor(io.get_executor()),
      sweep_timer(io.get_executor()),
      flush_timer(io.get_executor()) {
  if (options.tls) {
    tls.emplace(make_tls_context(*options.tls));
  }
  const Tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
  if (!options.shares_port && options.port != 0) {
    check_address_is_free(io, endpoint);
  }
  acceptor.open(endpoint.protocol());
  acceptor.set_option(Acceptor::reuse_address(true));
  const int on = 1;
  setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  bind_to(acceptor, endpoint);
  port = acceptor.local_endpoint().port();
}

void ServerCore::listen() {
  acceptor.listen();
  acceptor.non_blocking(true);
  asio::co_spawn(io.get_executor(), accept_loop(), KeepUntilDone{shared_from_this()});
  asio::co_spawn(io.get_executor(), sweep_loop(), KeepUntilDone{shared_from_this()});
}

Task<void> ServerCore::accept_loop() {
  Timer pause(io.get_executor());
  while (acceptor.is_open()) {
    if (connection_count >= options.limits.connections_per_core) {
      make_room();
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwaitTuple);
      continue;
    }
    Tcp::endpoint peer;
    auto [error, socket] = co_await acceptor.async_accept(peer, kAwaitTuple);
    if (!error) {
      adopt(std::move(socket), peer);
      continue;
    }
    if (error == asio::error::operation_aborted) {
      co_return;
    }
    // Out of file descriptors or memory: what is idle goes first.
    log::warn("a connection could not be accepted", {{"reason", error.message()}});
    make_room();
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kAwaitTuple);
  }
}

Task<void> ServerCore::sweep_loop() {
  while (!draining || connection_count > 0) {
    sweep_timer.expires_after(kSweepEvery);
    if (const auto [error] = co_await sweep_timer.async_wait(kAwaitTuple); error) {
      co_return;
    }
    const Micros now = boot_time();
    for (Connection& connection : connections) {
      connection.sweep(now);
    }
    publish_traffic();
  }
}

void ServerCore::adopt(Socket socket, const Tcp::endpoint& peer) {
  boost::system::error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  const auto connection = make_connection(shared_from_this(), std::move(socket), address_of(peer));
  connections.push_back(*connection);
  asio::co_spawn(io.get_executor(), connection->run(), KeepUntilDone{connection});
}

void ServerCore::make_room() {
  const Micros since = boot_time() - kRoomAfter;
  std::size_t room = 0;
  for (Connection& connection : connections) {
    room += connection.close_if_idle(since) ? 1 : 0;
    if (room > connection_count / kRoomShare) {
      return;
    }
  }
}

void ServerCore::record(const AccessRecord& record) {
  ++traffic.by_status_class.at(static_cast<std::size_t>(record.status / 100));
  traffic.durations.add(std::chrono::duration<double>(record.duration).count());
  access.add(record);
  if (flush_is_due) {
    return;
  }
  flush_is_due = true;
  flush_timer.expires_after(kFlushAfter);
  flush_timer.async_wait([self = shared_from_this()](const boost::system::error_code&) {
    self->flush_is_due = false;
    self->access.flush();
  });
}

void ServerCore::dress_refusal(const Context& ctx, const Request& request, Response& response) const {
  try {
    if (options.dress_refusal) {
      options.dress_refusal(ctx, request, response);
    }
  } catch (...) {
    response = response_of_current_exception(ctx);
  }
}

void ServerCore::publish_traffic() {
  const Traffic gathered = std::exchange(traffic, {});
  if (!options.metrics) {
    return;
  }
  options.metrics->count("gatehouse_http_connections_opened_total", {}, gathered.opened);
  options.metrics->count("gatehouse_http_connections_closed_total", {}, gathered.closed);
  for (std::size_t i = 1; i < gathered.by_status_class.size(); ++i) {
    if (const double count = gathered.by_status_class[i]; count > 0) {
      options.metrics->count("gatehouse_http_requests_total", {{"status", std::to_string(i) + "xx"}}, count);
    }
  }
  options.metrics->observe("gatehouse_http_request_seconds", gathered.durations);
}

void ServerCore::begin_drain() {
  draining = true;
  // What waits in the queue of a listener is reset when it closes: take it first.
  for (boost::system::error_code error; !error && acceptor.is_open();) {
    Tcp::endpoint peer;
    Socket socket = acceptor.accept(peer, error);
    if (!error) {
      adopt(std::move(socket), peer);
    }
  }
  boost::system::error_code ignored;
  acceptor.close(ignored);
  for (Connection& connection : connections) {
    connection.drain();
  }
}

void ServerCore::abort_all() {
  for (Connection& connection : connections) {
    connection.abort();
  }
}

}  // namespace gatehouse::http
