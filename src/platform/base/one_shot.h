#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/task.h"

namespace gatehouse {

// A value that one coroutine waits for and somebody on the same core gives, once. The waiter resumes through the core's
// queue, never inside `set`.
template <class T>
class OneShot {
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;
  ~OneShot() = default;

  bool is_set() const { return outcome_.index() != 0; }

  void set(Value value = {})
    requires std::is_void_v<T>
  {
    settle(Outcome{std::in_place_index<1>, value});
  }
  void set(Value value)
    requires(!std::is_void_v<T>)
  {
    settle(Outcome{std::in_place_index<1>, std::move(value)});
  }
  void fail(std::exception_ptr why) { settle(Outcome{std::in_place_index<2>, std::move(why)}); }

  Task<T> wait() {
    if (!is_set()) {
      co_await suspend();
    }
    if (outcome_.index() == 2) {
      std::rethrow_exception(std::get<2>(outcome_));
    }
    if constexpr (!std::is_void_v<T>) {
      co_return std::move(std::get<1>(outcome_));
    }
  }

 private:
  using Outcome = std::variant<std::monostate, Value, std::exception_ptr>;

  Task<void> suspend() {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto handler) {
          resume_ = [handler = std::move(handler)]() mutable {
            auto executor = asio::get_associated_executor(handler);
            asio::post(executor, std::move(handler));
          };
        },
        asio::use_awaitable_t<Executor>{});
  }

  void settle(Outcome outcome) {
    if (is_set()) {
      return;
    }
    outcome_ = std::move(outcome);
    if (auto resume = std::exchange(resume_, nullptr)) {
      resume();
    }
  }

  Outcome outcome_;
  std::move_only_function<void()> resume_;
};

}  // namespace gatehouse
