#pragma once

#include <chrono>

#include <boost/asio/basic_waitable_timer.hpp>

#include "platform/base/task.h"

namespace gatehouse {

// A timer whose executor the compiler knows.
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace gatehouse
