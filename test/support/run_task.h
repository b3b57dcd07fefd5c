#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "platform/base/task.h"

namespace gatehouse::test {

// Runs `io` until `task` is done and gives what it gave. Other work of `io` stays for the next call.
template <class T>
T run_task(asio::io_context& io, Task<T> task) {
  std::exception_ptr failure;
  bool done = false;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr why) {
      failure = std::move(why);
      done = true;
    });
  } else {
    asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr why, T result) {
      failure = std::move(why);
      value = std::move(result);
      done = true;
    });
  }
  io.restart();
  while (!done) {
    if (io.run_one() == 0) {
      throw std::logic_error("the task waits for something that nobody does");
    }
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*value);
  }
}

}  // namespace gatehouse::test
