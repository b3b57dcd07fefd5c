#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "platform/base/task.h"
#include "platform/base/time.h"

namespace gatehouse {

using Addresses = std::vector<asio::ip::address>;

// Blocks. Throws boost::system::system_error.
using AskForAddresses = std::function<Addresses(const std::string& host)>;
Addresses ask_operating_system(const std::string& host);

// The addresses of a host name, asked for on a thread of its own. A lookup cannot be interrupted, and DNS that is
// silent takes half a minute: such a thread is left behind, and nothing waits for it, neither this core nor the
// process's end. One thread for a name and core, however many ask. Throws boost::system::system_error, timed_out after
// `time`.
Task<Addresses> look_up_name(std::string host, Micros time, AskForAddresses ask = &ask_operating_system);

}  // namespace gatehouse
