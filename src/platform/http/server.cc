#include "platform/http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/http/server_core.h"

namespace gatehouse::http {

namespace {

constexpr auto kDrainPoll = std::chrono::milliseconds{10};

}  // namespace

Server::Server(asio::io_context& io, ServerOptions options, Handler handle)
    : core_(std::make_shared<ServerCore>(io, std::move(options), std::move(handle))) {}

Server::~Server() {
  boost::system::error_code ignored;
  core_->draining = true;
  core_->acceptor.close(ignored);
  core_->sweep_timer.cancel();
  core_->abort_all();
  core_->access.flush();
}

std::uint16_t Server::port() const { return core_->port; }

std::size_t Server::connections() const { return core_->connection_count; }

void Server::start() { core_->listen(); }

Task<void> Server::drain(Micros at_most) {
  const auto core = core_;
  const Micros deadline = boot_time() + at_most;
  core->begin_drain();
  Timer poll(core->io.get_executor());
  while (core->connection_count > 0 && boot_time() < deadline) {
    poll.expires_after(kDrainPoll);
    co_await poll.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
  }
  core->abort_all();
  core->publish_traffic();
  core->access.flush();
}

}  // namespace gatehouse::http
