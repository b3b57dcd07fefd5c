#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace gatehouse {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

// A coroutine of one core. It never moves to another thread, and its executor is known to the compiler.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

}  // namespace gatehouse
