#include "main/worker_core.h"

#include <algorithm>

#include <boost/asio.hpp>

#include "platform/base/thread.h"
#include "platform/base/timer.h"
#include "platform/egress/egress.h"
#include "platform/telemetry/log.h"
#include "worker/worker.h"

namespace gatehouse::main {

namespace {

constexpr Seconds kProjectInterval{1};
constexpr Micros kLastWords = Seconds{2};  // of the time to drain; of a short one, a half

postgres::DatabaseOptions options_for(const std::string& url, const std::string& schema) {
  postgres::DatabaseOptions options;
  options.url = url;
  options.schema = schema;
  options.shared_connections = 1;
  options.leased_connections = 1;
  return options;
}

egress::Options egress_options(const Settings& settings) {
  return {.allow = settings.egress_allow, .proxy = settings.egress_proxy, .extra_ca_file = settings.egress_ca_file};
}

worker::WorkerOptions worker_options(const Settings& settings) {
  worker::WorkerOptions options;
  options.audit_retention = settings.audit_retention;
  return options;
}

std::string urls_of(const project::Secrets& secrets) {
  return secrets.database_url + '\n' + secrets.database_schema + '\n' + secrets.audit_database_url + '\n' +
         secrets.audit_database_schema;
}

// The databases that one version of the project names, and what works on them.
class Servers {
 public:
  Servers(asio::io_context& io, Deployment& deployment, egress::Client& egress, const project::Secrets& secrets)
      : urls_(urls_of(secrets)), database_(io, options_for(secrets.database_url, secrets.database_schema)) {
    if (!secrets.audit_database_url.empty()) {
      audit_ = std::make_unique<postgres::Database>(
          io, options_for(secrets.audit_database_url, secrets.audit_database_schema));
    }
    worker_ = std::make_unique<worker::Worker>(worker::Parts{io, *deployment.projects, database_, audit_.get(), egress,
                                                             deployment.keys, deployment.clock, deployment.metrics},
                                               worker_options(deployment.settings));
  }

  const std::string& urls() const { return urls_; }
  Task<void> run() { return worker_->run(); }
  void stop() { worker_->stop(); }

  void close() {
    database_.close();
    if (audit_) {
      audit_->close();
    }
  }

 private:
  std::string urls_;
  postgres::Database database_;
  std::unique_ptr<postgres::Database> audit_;
  std::unique_ptr<worker::Worker> worker_;
};

}  // namespace

struct WorkerCore::Impl {
  explicit Impl(Deployment& its_deployment)
      : deployment(its_deployment), egress(io, egress_options(deployment.settings)), pause(io.get_executor()) {
    asio::co_spawn(io, keep(), asio::detached);
    thread = start_thread("worker", [this] { run(); });
  }

  void run() {
    io.run();
    // What was stopped half-way unwinds while the services that it uses are still there.
    for (const auto& servers : running) {
      servers->close();
    }
    io.restart();
    io.poll();
  }

  Task<void> keep() {
    while (!stopping) {
      try {
        follow(deployment.projects->current());
      } catch (const std::exception& error) {
        log::error("the databases that the project names were not gone over to", {{"cause", error.what()}});
      }
      pause.expires_after(kProjectInterval);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    }
  }

  // The old ones end by themselves, once what is on its way there is done.
  void follow(const project::Handle& project) {
    if (current && current->urls() == urls_of(project->secrets)) {
      return;
    }
    auto named = std::make_shared<Servers>(io, deployment, egress, project->secrets);
    if (current) {
      log::info("the project names other databases; the worker goes over to them", {{"project", project->id().str()}});
      current->stop();
    }
    current = std::move(named);
    running.push_back(current);
    asio::co_spawn(io, current->run(), [this, servers = current](const std::exception_ptr&) {
      servers->close();
      std::erase(running, servers);
      end_if_done();
    });
  }

  void stop() {
    if (std::exchange(stopping, true)) {
      return;
    }
    pause.cancel();
    for (const auto& servers : running) {
      servers->stop();
    }
    asio::co_spawn(io, stop_after(time_to_drain(deployment.settings)), asio::detached);
    end_if_done();
  }

  // What hangs has no say in when the process ends: it is broken off, and what was not delivered is given back.
  Task<void> stop_after(Micros time) {
    const Micros last_words = std::min(kLastWords, time / 2);
    Timer limit(io.get_executor(), time - last_words);
    co_await limit.async_wait(asio::use_awaitable_t<Executor>{});
    egress.stop();
    limit.expires_after(last_words);
    co_await limit.async_wait(asio::use_awaitable_t<Executor>{});
    log::warn("a delivery that is on its way is left; it is tried again when its claim has run out");
    io.stop();
  }

  void end_if_done() {
    if (stopping && running.empty()) {
      io.stop();
    }
  }

  Deployment& deployment;
  asio::io_context io{1};
  egress::Client egress;
  Timer pause;
  bool stopping = false;
  std::shared_ptr<Servers> current;
  std::vector<std::shared_ptr<Servers>> running;  // the current ones, and those before that still finish
  std::jthread thread;
};

WorkerCore::WorkerCore(Deployment& deployment) : impl_(std::make_unique<Impl>(deployment)) {}

void WorkerCore::stop() {
  asio::post(impl_->io, [this] { impl_->stop(); });
}

WorkerCore::~WorkerCore() {
  stop();
  impl_->thread.join();
}

}  // namespace gatehouse::main
