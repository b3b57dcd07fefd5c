#include "support/proxy.h"

#include <array>
#include <chrono>
#include <future>
#include <utility>

namespace gatehouse::test {

namespace asio = boost::asio;

struct Proxy::Pair {
  explicit Pair(Socket accepted) : client(std::move(accepted)), server(client.get_executor()) {}
  void close() {
    boost::system::error_code ignored;
    client.close(ignored);
    server.close(ignored);
  }
  Socket client;
  Socket server;
};

Proxy::Proxy(std::filesystem::path listen_on, std::filesystem::path target)
    : target_(std::move(target)), acceptor_(io_, {listen_on.string()}) {
  asio::co_spawn(io_, accept(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
}

Proxy::~Proxy() {
  io_.stop();
  thread_.join();
}

asio::awaitable<void> Proxy::accept() {
  for (;;) {
    auto pair = std::make_shared<Pair>(co_await acceptor_.async_accept(asio::use_awaitable));
    pairs_.push_back(pair);
    asio::co_spawn(io_, forward(pair, false), asio::detached);
  }
}

asio::awaitable<void> Proxy::while_frozen() {
  while (frozen_) {
    asio::steady_timer timer(io_, std::chrono::milliseconds{5});
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> Proxy::forward(std::shared_ptr<Pair> pair, bool answers) {
  constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
  co_await while_frozen();
  if (!answers) {
    const auto [error] = co_await pair->server.async_connect({target_.string()}, kAwait);
    if (error) {
      pair->close();
      co_return;
    }
    asio::co_spawn(io_, forward(pair, true), asio::detached);
  }
  Socket& from = answers ? pair->server : pair->client;
  Socket& to = answers ? pair->client : pair->server;
  std::array<char, 16384> buffer;
  for (;;) {
    const auto [error, size] = co_await from.async_read_some(asio::buffer(buffer), kAwait);
    if (error) {
      break;
    }
    co_await while_frozen();
    if (answers && swallow_) {
      continue;
    }
    const auto [write_error, written] = co_await asio::async_write(to, asio::buffer(buffer, size), kAwait);
    if (write_error) {
      break;
    }
  }
  pair->close();
}

void Proxy::cut() {
  std::promise<void> done;
  asio::post(io_, [&] {
    for (const auto& weak : std::exchange(pairs_, {})) {
      if (const auto pair = weak.lock()) {
        pair->close();
      }
    }
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace gatehouse::test
