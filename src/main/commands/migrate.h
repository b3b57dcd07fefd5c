#pragma once

#include <string>

#include "main/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace gatehouse::main {

struct MigrateCommand {
  std::string action;       // up, down, status
  std::string set = "app";  // app, audit
  int steps = 1;            // of down
  bool yes = false;         // of down: what it drops may go
};

// `migrate up|status|down`. Returns the command, so that settings can be added.
CLI::App& add_migrate_command(CLI::App& app, MigrateCommand& command);

// Works on DATABASE_URL (app) and AUDIT_DATABASE_URL (audit), whichever is set; `down` on the named set only, and only
// with `yes`: without it, it says what it would take back and drop, changes nothing, and fails.
int run_migrate(const MigrateCommand& command, const Settings& settings);

}  // namespace gatehouse::main
