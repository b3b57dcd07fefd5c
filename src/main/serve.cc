#include "main/serve.h"

#include <csignal>
#include <future>
#include <stdexcept>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include "main/core.h"
#include "main/worker_core.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

// The threads of the cores. Each makes its Core itself, because a core belongs to its thread.
class CoreThreads {
 public:
  explicit CoreThreads(Deployment& deployment) : deployment_(deployment) {}

  // Starts one core more and returns its port. Throws what its start threw.
  std::uint16_t add(std::uint16_t port, bool shares_port) {
    std::promise<Core*> started;
    auto future = started.get_future();
    threads_.emplace_back([this, port, shares_port, started = std::move(started)]() mutable {
      std::unique_ptr<Core> core;
      try {
        core = std::make_unique<Core>(deployment_, port, shares_port);
        core->prepare(!shares_port);
      } catch (...) {
        started.set_exception(std::current_exception());
        return;
      }
      started.set_value(core.get());
      core->run();
    });
    cores_.push_back(future.get());
    return cores_.back()->port();
  }

  void drain() {
    for (auto* core : cores_) {
      core->drain();
    }
  }

  void join() {
    for (auto& thread : threads_) {
      thread.join();
    }
  }

 private:
  Deployment& deployment_;
  std::vector<std::thread> threads_;
  std::vector<Core*> cores_;
};

// Blocks until SIGTERM or SIGINT; both are blocked in all threads, so only this one hears them.
void wait_for_signal() {
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([](const auto&, int) {});
  io.run();
}

}  // namespace

std::set<Role> parse_roles(const std::vector<std::string>& words) {
  std::set<Role> roles;
  for (const auto& word : words) {
    if (word == "auth") {
      roles.insert(Role::auth);
    } else if (word == "worker") {
      roles.insert(Role::worker);
    } else {
      throw std::runtime_error(fmt::format("'{}' is no role; the roles are auth and worker", word));
    }
  }
  return roles.empty() ? std::set{Role::auth, Role::worker} : roles;
}

int serve(Deployment& deployment, const std::set<Role>& roles, const std::function<void(std::uint16_t)>& on_ready) {
  std::signal(SIGPIPE, SIG_IGN);
  CoreThreads cores(deployment);
  std::uint16_t port = deployment.settings.main_listen.port;
  std::unique_ptr<WorkerCore> worker;
  try {
    if (roles.contains(Role::auth)) {
      for (std::size_t i = 0; i < deployment.cores; ++i) {
        port = cores.add(port, i > 0);
      }
    }
    if (roles.contains(Role::worker)) {
      worker = std::make_unique<WorkerCore>(deployment);
    }
  } catch (...) {
    cores.drain();
    cores.join();
    throw;
  }
  on_ready(port);
  wait_for_signal();
  log::notice("stopping");
  deployment.draining = true;
  cores.drain();
  cores.join();
  worker.reset();
  return 0;
}

}  // namespace gatehouse::main
