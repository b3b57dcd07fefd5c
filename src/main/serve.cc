#include "main/serve.h"

#include <csignal>
#include <future>
#include <latch>
#include <optional>
#include <stdexcept>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "main/core.h"
#include "main/worker_core.h"
#include "platform/base/thread.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

// The threads of the cores. Each makes its Core itself, because a core belongs to its thread, and ends it when no core
// needs the CPU pool any more: the pool gives its results to the cores' loops.
class CoreThreads {
 public:
  explicit CoreThreads(Deployment& deployment) : deployment_(deployment) {}

  // The first one binds the port and finds out whether it is free; the others join it, all at once. Returns the port.
  // Throws what the start of one threw.
  std::uint16_t start(std::size_t count) {
    running_.emplace(static_cast<std::ptrdiff_t>(count));
    auto first = launch(deployment_.settings.main_listen.port, false);
    const std::uint16_t port = take(first);
    std::vector<std::future<Core*>> others;
    for (std::size_t i = 1; i < count; ++i) {
      others.push_back(launch(port, true));
    }
    std::exception_ptr failed;
    for (auto& other : others) {
      try {
        take(other);
      } catch (...) {
        failed = std::current_exception();
      }
    }
    if (failed) {
      std::rethrow_exception(failed);
    }
    return port;
  }

  void drain() {
    for (auto* core : cores_) {
      core->drain();
    }
  }

  void join() { threads_.clear(); }

 private:
  std::future<Core*> launch(std::uint16_t port, bool shares_port) {
    std::promise<Core*> started;
    auto future = started.get_future();
    threads_.push_back(start_thread("core", [this, port, shares_port, started = std::move(started)]() mutable {
      run(port, shares_port, std::move(started));
    }));
    return future;
  }

  void run(std::uint16_t port, bool shares_port, std::promise<Core*> started) {
    std::unique_ptr<Core> core;
    try {
      core = std::make_unique<Core>(deployment_, port, shares_port);
      core->prepare(!shares_port);
    } catch (...) {
      running_->count_down();
      started.set_exception(std::current_exception());
      return;
    }
    started.set_value(core.get());
    core->run();
    running_->arrive_and_wait();
    deployment_.cpu.stop();
    core->unwind();
  }

  std::uint16_t take(std::future<Core*>& started) {
    cores_.push_back(started.get());
    return cores_.back()->port();
  }

  Deployment& deployment_;
  std::optional<std::latch> running_;  // counts the cores whose loops have not ended
  std::vector<Core*> cores_;
  std::vector<std::jthread> threads_;
};

using Descriptor = asio::posix::stream_descriptor;

// Blocks until SIGTERM or SIGINT, and returns nothing then, or until a child has ended, and returns its name.
std::optional<std::string> wait_for_end(const std::vector<Child>& children) {
  asio::io_context io;
  std::optional<std::string> ended;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const auto&, int) { io.stop(); });
  std::vector<std::unique_ptr<Descriptor>> watched;
  for (const auto& child : children) {
    const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0));
    if (descriptor < 0) {
      return child.name;  // it has ended and nobody can say any more whose number that is
    }
    watched.push_back(std::make_unique<Descriptor>(io, descriptor));
    watched.back()->async_wait(Descriptor::wait_read, [&io, &ended, &child](const auto& error) {
      if (!error) {
        ended = child.name;
        io.stop();
      }
    });
  }
  io.run();
  return ended;
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

void serve(Deployment& deployment, const std::set<Role>& roles, const Watch& watch) {
  std::signal(SIGPIPE, SIG_IGN);
  CoreThreads cores(deployment);
  std::uint16_t port = deployment.settings.main_listen.port;
  std::unique_ptr<WorkerCore> worker;
  try {
    if (roles.contains(Role::worker)) {
      worker = std::make_unique<WorkerCore>(deployment);
    }
    if (roles.contains(Role::auth)) {
      port = cores.start(deployment.cores);
    }
  } catch (...) {
    cores.drain();
    cores.join();
    throw;
  }
  watch.on_ready(port);
  const auto ended = wait_for_end(watch.children);
  log::notice("stopping");
  if (watch.on_stop) {
    watch.on_stop();
  }
  deployment.draining = true;
  if (worker) {
    worker->stop();
  }
  cores.drain();
  cores.join();
  worker.reset();
  log::info("stopped");
  if (ended) {
    throw std::runtime_error(fmt::format("{} has ended, and everything else was stopped", *ended));
  }
}

}  // namespace gatehouse::main
