#pragma once

#include <functional>
#include <string>
#include <thread>

namespace gatehouse {

// A thread with a name (15 characters at most show) that hears no signals: they are the main thread's.
std::jthread start_thread(std::string name, std::move_only_function<void()> work);

}  // namespace gatehouse
