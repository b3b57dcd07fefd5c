#include "flow/run/pace.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse::flow {

Task<void> Pace::hold() {
  if (!kept_) {
    co_return;
  }
  const auto passed = std::chrono::steady_clock::now() - since_;
  asio::steady_timer timer(co_await asio::this_coro::executor, since_ + (passed / kGrid + 1) * kGrid);
  co_await timer.async_wait(asio::use_awaitable_t<Executor>{});
}

}  // namespace gatehouse::flow
