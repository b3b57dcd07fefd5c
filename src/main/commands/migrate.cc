#include "main/commands/migrate.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

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
    throw SettingsError("DATABASE_URL", "and AUDIT_DATABASE_URL are both not set");
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

// Without --yes: what would go, and nothing else.
int say_what_would_go(const Target& target, int steps) {
  const auto files = postgres::migrations_to_take_back(target.url, target.schema, target.set, steps);
  std::vector<std::string> tables;
  for (const auto& file : files) {
    fmt::print("{}: would take back {}\n", target.set, file.id);
    std::ranges::move(postgres::dropped_tables(file), std::back_inserter(tables));
  }
  if (files.empty()) {
    fmt::print("{}: nothing to do\n", target.set);
    return 0;
  }
  if (!tables.empty()) {
    fmt::print("{}: would drop with all they hold: {}\n", target.set, fmt::join(tables, ", "));
  }
  std::fflush(stdout);
  fmt::print(stderr, "gatehouse: nothing was changed; --yes does it\n");
  return 1;
}

int take_back(const Target& target, const MigrateCommand& command) {
  if (!command.yes) {
    return say_what_would_go(target, command.steps);
  }
  say(target, postgres::migrate_down(target.url, target.schema, target.set, command.steps), "took back");
  return 0;
}

CLI::App& add_action(CLI::App& migrate, MigrateCommand& command, const std::string& name, const std::string& about) {
  auto& action = *migrate.add_subcommand(name, about);
  action.fallthrough();  // the settings may stand behind it
  action.footer("The databases are settings: see 'gatehouse migrate --help'.");
  action.callback([&command, name] { command.action = name; });
  return action;
}

}  // namespace

CLI::App& add_migrate_command(CLI::App& app, MigrateCommand& command) {
  auto& migrate = *app.add_subcommand("migrate", "Bring the databases' tables up to this version");
  migrate.require_subcommand(1);
  add_action(migrate, command, "up", "Apply what is missing, in order");
  add_action(migrate, command, "status", "Say what is applied, what is not, and what differs");
  auto& down = add_action(migrate, command, "down",
                          "Take back the last migrations. Tables are dropped with all they hold: without --yes it says "
                          "what would go, and changes nothing");
  down.add_option("--set", command.set, "app or audit")->check(CLI::IsMember({"app", "audit"}))->capture_default_str();
  down.add_option("--steps", command.steps, "How many migrations to take back")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  down.add_flag("--yes", command.yes, "Do it: what is dropped is gone");
  return migrate;
}

int run_migrate(const MigrateCommand& command, const Settings& settings) {
  int code = 0;
  const auto all = targets(settings);
  if (command.action == "down" && std::ranges::find(all, command.set, &Target::set) == all.end()) {
    throw SettingsError(command.set == "audit" ? "AUDIT_DATABASE_URL" : "DATABASE_URL",
                        "is not set; it has to name the database whose migrations are taken back");
  }
  for (const auto& target : all) {
    if (command.action == "up") {
      say(target, postgres::migrate_up(target.url, target.schema, target.set), "applied");
    } else if (command.action == "status") {
      code |= print_status(target);
    } else if (target.set == command.set) {
      code |= take_back(target, command);
    }
  }
  return code;
}

}  // namespace gatehouse::main
