#include "main/commands/migrate.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "platform/postgres/migration.h"

namespace gatehouse::main {

namespace {

struct Target {
  std::string set;
  std::string url;
  std::string schema;
};

std::vector<Target> targets(const Settings& settings) {
  std::vector<Target> all;
  if (!settings.database_url.empty()) {
    all.push_back({"app", settings.database_url, settings.database_schema});
  }
  if (!settings.audit_database_url.empty()) {
    all.push_back({"audit", settings.audit_database_url, settings.audit_database_schema});
  }
  if (all.empty()) {
    throw SettingsError("DATABASE_URL",
                        "and AUDIT_DATABASE_URL are both not set; for example "
                        "DATABASE_URL=postgres://gatehouse@db.internal/gatehouse");
  }
  return all;
}

void say(const Target& target, const std::vector<std::string>& ids, std::string_view what) {
  for (const auto& id : ids) {
    fmt::print("{}: {} {}\n", target.set, what, id);
  }
  if (ids.empty()) {
    fmt::print("{}: nothing to do\n", target.set);
  }
}

int print_status(const Target& target) {
  int code = 0;
  for (const auto& state : postgres::migration_status(target.url, target.schema, target.set)) {
    const char* word = state.changed ? "CHANGED since it was applied" : state.applied ? "applied" : "pending";
    fmt::print("{}: {:40} {}\n", target.set, state.id, word);
    code = state.changed ? 1 : code;
  }
  return code;
}

}  // namespace

CLI::App& add_migrate_command(CLI::App& app, MigrateCommand& command) {
  auto& migrate = *app.add_subcommand("migrate", "Bring the databases' tables up to this version");
  migrate.add_option("action", command.action, "up, status or down")
      ->required()
      ->check(CLI::IsMember({"up", "status", "down"}));
  migrate.add_option("--set", command.set, "For down: app or audit")
      ->check(CLI::IsMember({"app", "audit"}))
      ->capture_default_str();
  migrate.add_option("--steps", command.steps, "For down: how many migrations to take back")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  return migrate;
}

int run_migrate(const MigrateCommand& command, const Settings& settings) {
  int code = 0;
  for (const auto& target : targets(settings)) {
    if (command.action == "up") {
      say(target, postgres::migrate_up(target.url, target.schema, target.set), "applied");
    } else if (command.action == "status") {
      code |= print_status(target);
    } else if (target.set == command.set) {
      say(target, postgres::migrate_down(target.url, target.schema, target.set, command.steps), "took back");
    }
  }
  return code;
}

}  // namespace gatehouse::main
