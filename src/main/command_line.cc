#include "main/command_line.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <fstream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "main/commands/healthcheck.h"
#include "main/commands/master_key.h"
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
  // `only`: names of the settings that the command reads; none: all.
  void add_to(CLI::App& command, const std::vector<std::string_view>& only = {}) {
    for (const auto& setting : setting_descriptions()) {
      if (!only.empty() && std::ranges::find(only, setting.name) == only.end()) {
        continue;
      }
      auto& value = values_.emplace_back(std::string(setting.name), "");
      command
          .add_option(setting.flag(), value.second,
                      fmt::format("{} ({}), for example {}", setting.about, setting.name, setting.example))
          ->group("Settings");
    }
  }

  Settings read(bool to_serve) const {
    Environment flags;
    for (const auto& [name, value] : values_) {
      if (!value.empty()) {
        flags[name] = value;
      }
    }
    const auto environment = process_environment();
    Settings settings = read_settings(environment, flags, to_serve);
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
  std::ifstream file(settings.master_key_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return crypto::KeyRing::parse(text);
}

std::unique_ptr<project::FolderRegistry> projects(const Settings& settings) {
  try {
    return std::make_unique<project::FolderRegistry>(
        settings.config_source_directory,
        [settings](const project::Project& next) { check_development(settings, next.origin()); });
  } catch (const project::InvalidProject& e) {
    throw std::runtime_error(fmt::format("CONFIG_SOURCE_DIRECTORY (or --config-source-directory) is \"{}\", with an {}",
                                         settings.config_source_directory, e.what()));
  }
}

// A server takes its servers from the project's secrets; who sets them here too and otherwise means something else.
void warn_of_other_servers(const Settings& settings, const project::Secrets& used) {
  const auto warn = [](std::string_view name, const std::string& here, const std::string& there) {
    if (!here.empty() && here != there) {
      log::warn(fmt::format("{} is not used to serve: authgear.secrets.yaml names another server", name));
    }
  };
  warn("DATABASE_URL", settings.database_url, used.database_url);
  warn("AUDIT_DATABASE_URL", settings.audit_database_url, used.audit_database_url);
  warn("REDIS_URL", settings.redis_url, used.redis_url);
}

int serve_command(const Settings& settings, const std::vector<std::string>& roles) {
  const auto parsed = parse_roles(roles);
  Deployment deployment(settings, master_keys(settings), projects(settings));
  warn_of_other_servers(settings, deployment.projects->current()->secrets);
  serve(deployment, parsed, {.on_ready = [&](std::uint16_t port) {
          log::notice("ready", {{"address", settings.main_listen.address}, {"port", std::to_string(port)}});
        }});
  return 0;
}

constexpr int kWrongUsage = 2;

// "'servr' is no command; …", where the first word, or the one after a command that has commands, is none of them.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* parent = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    std::vector<std::string> names;
    for (const auto* command : parent->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
    if (names.empty()) {
      return std::nullopt;
    }
    if (std::ranges::find(names, argv[i]) == names.end()) {
      return fmt::format("'{}' is no command; the commands of {} are {}", argv[i], parent->get_name(),
                         fmt::join(names, ", "));
    }
    parent = parent->get_subcommand(argv[i]);
  }
  return std::nullopt;
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
  command.add_flag(
      "--keep-running", options.keep_running,
      "Go on when PostgreSQL, Redis or the tools end, to see what happens then; otherwise it ends with them");
}

// The exit status where there is nothing to run.
std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (const auto unknown = unknown_command(app, argc, argv)) {
      fmt::print(stderr, "gatehouse: {}\n", *unknown);
      return kWrongUsage;
    }
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
}

CLI::App& add_serve(CLI::App& app, std::vector<std::string>& roles, SettingFlags& flags) {
  auto& command = *app.add_subcommand("serve", "Serve; roles: auth, worker (none named: both)");
  command.add_option("roles", roles, "auth, worker");
  flags.add_to(command);
  return command;
}

CLI::App& add_healthcheck(CLI::App& app, std::string& url) {
  auto& command =
      *app.add_subcommand("healthcheck", "Exit status 0 if a server on this machine answers its health check");
  command.add_option("url", url, "What to ask")->capture_default_str();
  return command;
}

CLI::App& add_master_key(CLI::App& app, std::string& file) {
  auto& command = *app.add_subcommand(
      "master-key", "Make a new master key ring; keep it secret, and back it up apart from the database");
  command.add_option("--out", file, "A new file, readable by its owner only; without it, standard output");
  return command;
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
  const auto& serve_app = add_serve(app, roles, serve_flags);

  MigrateCommand migrate;
  auto& migrate_app = add_migrate_command(app, migrate);
  SettingFlags migrate_flags;
  migrate_flags.add_to(migrate_app,
                       {"DATABASE_URL", "DATABASE_SCHEMA", "AUDIT_DATABASE_URL", "AUDIT_DATABASE_SCHEMA", "LOG_LEVEL"});

  add_project_commands(app, exit_code);

  std::string health_url = "http://127.0.0.1:3000/healthz";
  const auto& health_app = add_healthcheck(app, health_url);
  std::string key_file;
  const auto& key_app = add_master_key(app, key_file);
  const auto& version_app = *app.add_subcommand("version", "Print the version");

  if (const auto ended = parse(app, argc, argv)) {
    return *ended;
  }
  if (app.got_subcommand("dev")) {
    return dev::run(dev_options);
  }
  if (serve_app.parsed()) {
    return serve_command(serve_flags.read(true), roles);
  }
  if (migrate_app.parsed()) {
    return run_migrate(migrate, migrate_flags.read(false));
  }
  if (health_app.parsed()) {
    return healthcheck(health_url);
  }
  if (key_app.parsed()) {
    make_master_key(key_file);
  }
  if (version_app.parsed()) {
    fmt::print("gatehouse {}\n", GATEHOUSE_VERSION);
  }
  return exit_code;
}

}  // namespace gatehouse::main
