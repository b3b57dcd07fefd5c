#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

#include "main/deployment.h"

namespace gatehouse::main {

enum class Role { auth, worker };

// "auth", "worker"; none named: all. Throws std::runtime_error that lists the roles for a word that is none.
std::set<Role> parse_roles(const std::vector<std::string>& words);

// A process that has to live as long as this one.
struct Child {
  std::string name;  // "PostgreSQL"
  pid_t pid = 0;
};

struct Watch {
  std::function<void(std::uint16_t)> on_ready;  // with the port, once requests are answered
  std::function<void()> on_stop;                // when the end begins
  std::vector<Child> children;
};

// Runs the roles until SIGTERM or SIGINT, then finishes what is in flight, for no longer than the drain time. Threads:
// one per core, one for the worker, the CPU pool's. Throws std::runtime_error where a child ended first: it stops then,
// too.
void serve(Deployment& deployment, const std::set<Role>& roles, const Watch& watch);

}  // namespace gatehouse::main
