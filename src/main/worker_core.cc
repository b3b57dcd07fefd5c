#include "main/worker_core.h"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "platform/egress/egress.h"
#include "worker/worker.h"

namespace gatehouse::main {

namespace {

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

}  // namespace

struct WorkerCore::Impl {
  explicit Impl(Deployment& deployment)
      : project(deployment.projects->current()),
        database(io, options_for(project->secrets.database_url, project->secrets.database_schema)),
        egress(io, egress_options(deployment.settings)) {
    if (!project->secrets.audit_database_url.empty()) {
      audit = std::make_unique<postgres::Database>(
          io, options_for(project->secrets.audit_database_url, project->secrets.audit_database_schema));
    }
    worker = std::make_unique<worker::Worker>(worker::Parts{io, *deployment.projects, database, audit.get(), egress,
                                                            deployment.keys, deployment.clock, deployment.metrics});
    asio::co_spawn(io, worker->run(), [this](const std::exception_ptr&) { close(); });
    thread = std::thread([this] { io.run(); });
  }

  void close() {
    database.close();
    if (audit) {
      audit->close();
    }
    io.stop();
  }

  asio::io_context io{1};
  project::Handle project;  // its servers; another project's servers get a worker of their own
  postgres::Database database;
  std::unique_ptr<postgres::Database> audit;
  egress::Client egress;
  std::unique_ptr<worker::Worker> worker;
  std::thread thread;
};

WorkerCore::WorkerCore(Deployment& deployment) : impl_(std::make_unique<Impl>(deployment)) {}

WorkerCore::~WorkerCore() {
  asio::post(impl_->io, [this] { impl_->worker->stop(); });
  impl_->thread.join();
}

}  // namespace gatehouse::main
