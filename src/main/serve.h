#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "main/deployment.h"

namespace gatehouse::main {

enum class Role { auth, worker };

// "auth", "worker"; none named: all. Throws std::runtime_error that lists the roles for a word that is none.
std::set<Role> parse_roles(const std::vector<std::string>& words);

// Runs the roles until SIGTERM or SIGINT, then finishes what is in flight; returns the process's exit status.
// `on_ready` is called with the port once requests are answered. Threads: one per core, plus the CPU pool's.
int serve(Deployment& deployment, const std::set<Role>& roles, const std::function<void(std::uint16_t)>& on_ready);

}  // namespace gatehouse::main
