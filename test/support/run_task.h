#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "platform/base/task.h"

namespace gatehouse::test {

// Runs `io` until `task` is done and returns or rethrows what came of it; other work of `io` stays for the next call.
// Throws std::runtime_error when nothing happened for 30 s.
template <class T>
T run_task(asio::io_context& io, Task<T> task) {
  struct State {
    bool done = false;
    std::exception_ptr error;
    std::conditional_t<std::is_void_v<T>, std::monostate, std::optional<T>> value;
  };
  auto state = std::make_shared<State>();
  auto keep = [](std::shared_ptr<State> into, Task<T> work) -> Task<void> {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
    } else {
      into->value.emplace(co_await std::move(work));
    }
  };
  asio::co_spawn(io.get_executor(), keep(state, std::move(task)), [state](std::exception_ptr error) {
    state->done = true;
    state->error = std::move(error);
  });
  io.restart();
  while (!state->done) {
    if (io.run_one_for(std::chrono::seconds{30}) == 0) {
      throw std::runtime_error("the coroutine did not end: nothing left to run, or nothing happened for 30 s");
    }
  }
  if (state->error) {
    std::rethrow_exception(state->error);
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*state->value);
  }
}

}  // namespace gatehouse::test
