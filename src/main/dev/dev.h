#pragma once

#include <filesystem>

namespace gatehouse::main::dev {

struct DevOptions {
  std::filesystem::path data = "data";
  int port = 3000;
  bool json = false;
  bool reset = false;
  bool keep_running = false;  // also when PostgreSQL, Redis or the tools end: for experiments with faults
};

// `gatehouse dev`: the whole product on one machine, with a private PostgreSQL and Redis, a project, a demo application
// and an inbox. Runs until SIGINT or SIGTERM; returns the exit status. Throws std::runtime_error with a message for the
// person.
int run(const DevOptions& options);

}  // namespace gatehouse::main::dev
