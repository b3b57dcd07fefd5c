#include "main/dev/dev.h"

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "main/dev/data_folder.h"
#include "main/dev/dev_project.h"
#include "main/dev/tools.h"
#include "main/serve.h"
#include "platform/postgres/migration.h"
#include "platform/postgres/private_server.h"
#include "platform/redis/private_server.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main::dev {

namespace {

// While people look at the terminal, the log goes into a file of the data folder. Undone at the end, so that a last
// word is seen.
class LogFile {
 public:
  LogFile(const std::filesystem::path& path, bool wanted) : terminal_(wanted ? ::dup(STDERR_FILENO) : -1) {
    const int file = wanted ? ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
      ::dup2(file, STDERR_FILENO);
      ::close(file);
    }
  }
  ~LogFile() {
    if (terminal_ >= 0) {
      ::dup2(terminal_, STDERR_FILENO);
      ::close(terminal_);
    }
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

 private:
  int terminal_;
};

void say(const DevOptions& options, const std::string& text) {
  if (!options.json) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
  }
}

std::string local_url(int port) { return fmt::format("http://localhost:{}", port); }

crypto::KeyRing master_keys(const DataFolder& folder) {
  if (read_file(folder.master_key()).empty()) {
    write_file(folder.master_key(), crypto::KeyRing::generate(), true);
  }
  return crypto::KeyRing::parse(read_file(folder.master_key()));
}

struct Databases {
  std::string app;
  std::string audit;
};

Databases migrated_databases(postgres::PrivateServer& server) {
  server.create_database("gatehouse");
  server.create_database("gatehouse_audit");
  Databases urls{server.url("gatehouse"), server.url("gatehouse_audit")};
  postgres::migrate_up(urls.app, "public", "app");
  postgres::migrate_up(urls.audit, "public", "audit");
  return urls;
}

Settings settings_for(const Ports& ports, const DataFolder& folder) {
  Settings settings = read_settings(process_environment());
  settings.main_listen = {"127.0.0.1", static_cast<std::uint16_t>(ports.endpoint)};
  settings.config_source_directory = folder.project();
  settings.dev_mode = true;
  settings.egress_allow = {"127.0.0.0/8", "::1/128"};
  return settings;
}

std::string ready_line(const DataFolder& folder, const DevAddresses& at, const DevClients& clients) {
  return boost::json::serialize(boost::json::object{
      {"endpoint", at.endpoint},
      {"demo", at.demo},
      {"inbox", at.inbox},
      {"public_client_id", clients.public_client_id},
      {"confidential_client_id", clients.confidential_client_id},
      {"confidential_client_secret", clients.confidential_client_secret},
      {"database_url", at.database_url},
      {"audit_database_url", at.audit_database_url},
      {"redis_url", at.redis_url},
      {"data", folder.path().string()},
  });
}

void print_addresses(const DataFolder& folder, const DevAddresses& at) {
  fmt::print(
      "\nGatehouse is ready.\n\n"
      "  Demo application   {}     start here: \"Sign in\"\n"
      "  Inbox              {}     every email that it sends\n"
      "  Gatehouse          {}     issuer; its configuration is in {}\n"
      "  Log                {}\n\n"
      "Ctrl-C stops everything. --reset starts afresh.\n",
      at.demo, at.inbox, at.endpoint, folder.project().string(), (folder.path() / "gatehouse.log").string());
}

void announce(const DevOptions& options, const DataFolder& folder, const DevAddresses& at, const DevClients& clients) {
  if (options.json) {
    fmt::print("{}\n", ready_line(folder, at, clients));
  } else {
    print_addresses(folder, at);
  }
  std::fflush(stdout);
}

std::filesystem::path database_folder(const DataFolder& folder, const DevOptions& options) {
  auto place = postgres::private_data_folder(folder.postgres());
  if (place != folder.postgres()) {
    say(options,
        "PostgreSQL runs as user postgres, which cannot enter the data folder; its files are in " + place.string());
  }
  return place;
}

void run_all(const DevOptions& options) {
  DataFolder folder(options.data, options.reset);
  Ports ports = folder.choose_ports(options.port);
  Tools tools(ports);
  auto held = std::make_unique<HeldPort>(ports.endpoint);
  ports.endpoint = held->number();

  say(options, "starting PostgreSQL and Redis");
  postgres::PrivateServer postgres({.data = database_folder(folder, options)});
  redis::PrivateServer redis({.data_folder = folder.redis(), .run_folder = postgres.run() / "redis"});
  const Databases databases = migrated_databases(postgres);

  const auto listening = tools.ready();
  const DevAddresses at{.endpoint = local_url(ports.endpoint),
                        .demo = local_url(listening.demo),
                        .inbox = local_url(listening.inbox),
                        .smtp_port = listening.smtp,
                        .database_url = databases.app,
                        .audit_database_url = databases.audit,
                        .redis_url = redis.url()};
  const DevClients clients = prepare_project(folder, at);
  folder.remember({ports.endpoint, listening.demo, listening.inbox});

  const Settings settings = settings_for(ports, folder);
  if (process_environment().contains("LOG_LEVEL")) {  // whoever develops wants to see more than operations does
    log::set_level(settings.log_level);
  }
  Deployment deployment(
      settings, master_keys(folder),
      std::make_unique<project::FolderRegistry>(
          folder.project(), [settings](const project::Project& next) { check_development(settings, next.origin()); }));
  const LogFile log(folder.path() / "gatehouse.log", !options.json);
  Watch watch;
  watch.on_ready = [&](std::uint16_t) {
    held.reset();
    tools.serve(at.endpoint, at.demo, at.inbox, clients.public_client_id);
    announce(options, folder, at, clients);
  };
  watch.on_stop = [&] { say(options, "\nstopping"); };
  if (!options.keep_running) {
    watch.children = {{"PostgreSQL", postgres.pid()},
                      {"Redis", redis.pid()},
                      {"the process of demo application and inbox", tools.pid()}};
  }
  serve(deployment, {Role::auth, Role::worker}, watch);
}

}  // namespace

int run(const DevOptions& options) {
  run_all(options);
  say(options, "stopped");
  return 0;
}

}  // namespace gatehouse::main::dev
