#include "main/command_line.h"

#include <cstdio>
#include <deque>
#include <fstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "main/commands/healthcheck.h"
#include "main/commands/migrate.h"
#include "main/commands/project.h"
#include "main/dev/dev.h"
#include "main/serve.h"
#include "main/settings.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

// The flags of settings: --main-listen-addr for MAIN_LISTEN_ADDR.
class SettingFlags {
 public:
  void add_to(CLI::App& command) {
    for (const auto& setting : setting_descriptions()) {
      auto& value = values_.emplace_back(std::string(setting.name), "");
      command
          .add_option(setting.flag(), value.second,
                      fmt::format("{} ({}), for example {}", setting.about, setting.name, setting.example))
          ->group("Settings");
    }
  }

  Settings read() const {
    Environment flags;
    for (const auto& [name, value] : values_) {
      if (!value.empty()) {
        flags[name] = value;
      }
    }
    const auto environment = process_environment();
    Settings settings = read_settings(environment, flags);
    log::set_level(settings.log_level);
    for (const auto& warning : bare_name_warnings(environment)) {
      log::warn(warning);
    }
    return settings;
  }

 private:
  std::deque<std::pair<std::string, std::string>> values_;  // by name of the environment variable
};

crypto::KeyRing master_keys(const Settings& settings) {
  if (settings.master_key_file.empty()) {
    throw SettingsError("GATEHOUSE_MASTER_KEY_FILE", "is not set. 'gatehouse master-key > FILE' makes one");
  }
  std::ifstream file(settings.master_key_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return crypto::KeyRing::parse(text);
}

int serve_command(const Settings& settings, const std::vector<std::string>& roles) {
  const auto parsed = parse_roles(roles);
  Deployment deployment(settings, master_keys(settings),
                        std::make_unique<project::FolderRegistry>(settings.config_source_directory));
  check_development(settings, deployment.projects->current()->origin());
  return serve(deployment, parsed, [&](std::uint16_t port) {
    log::warn("ready", {{"address", settings.main_listen.address}, {"port", std::to_string(port)}});
  });
}

void add_dev(CLI::App& app, dev::DevOptions& options) {
  auto& command = *app.add_subcommand(
      "dev", "The whole product on this machine: private PostgreSQL and Redis, a demo application, an inbox");
  command.add_option("--data", options.data, "Folder for all data")->capture_default_str();
  command.add_option("--port", options.port, "First port; 0: any free ones")
      ->check(CLI::Range(0, 65524))
      ->capture_default_str();
  command.add_flag("--json", options.json, "Print one JSON line with every address when it is ready");
  command.add_flag("--reset", options.reset, "Start afresh: forget all data of the folder");
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app{"Gatehouse: people sign in to your applications, in your own data centre.", "gatehouse"};
  app.require_subcommand(1);
  app.set_version_flag("--version", GATEHOUSE_VERSION);
  int exit_code = 0;

  dev::DevOptions dev_options;
  add_dev(app, dev_options);

  SettingFlags serve_flags;
  std::vector<std::string> roles;
  auto& serve_app = *app.add_subcommand("serve", "Serve; roles: auth, worker (none named: both)");
  serve_app.add_option("roles", roles, "auth, worker");
  serve_flags.add_to(serve_app);

  MigrateCommand migrate;
  auto& migrate_app = add_migrate_command(app, migrate);
  SettingFlags migrate_flags;
  migrate_flags.add_to(migrate_app);

  add_project_commands(app, exit_code);

  std::string health_url = "http://127.0.0.1:3000/healthz";
  auto& health_app =
      *app.add_subcommand("healthcheck", "Exit status 0 if a server on this machine answers its health check");
  health_app.add_option("url", health_url, "What to ask")->capture_default_str();
  auto& key_app = *app.add_subcommand(
      "master-key", "Print a new master key ring; keep it secret, and back it up apart from the database");
  auto& version_app = *app.add_subcommand("version", "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (app.got_subcommand("dev")) {
    return dev::run(dev_options);
  }
  if (serve_app.parsed()) {
    return serve_command(serve_flags.read(), roles);
  }
  if (migrate_app.parsed()) {
    return run_migrate(migrate, migrate_flags.read());
  }
  if (health_app.parsed()) {
    return healthcheck(health_url);
  }
  if (key_app.parsed()) {
    fmt::print("{}\n", crypto::KeyRing::generate());
  }
  if (version_app.parsed()) {
    fmt::print("gatehouse {}\n", GATEHOUSE_VERSION);
  }
  return exit_code;
}

}  // namespace gatehouse::main
