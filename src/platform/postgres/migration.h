#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::postgres {

// One change of a schema: "<version>_<name>.up.sql" and ".down.sql" under migrations/<set>/. The first line of an up
// file may say how it runs:
//   "-- no transaction"                   its statements (each ends with ";" at the end of a line) run one by one,
//   outside a
//                                         transaction (CREATE INDEX CONCURRENTLY); they can be run again after a
//                                         failure
//   "-- already there with table: NAME"   where that table exists, the change counts as applied and is never taken back
//   (a
//                                         database of an existing installation)
struct MigrationFile {
  std::string id;  // "0001_contract_tables"
  std::string up;
  std::string down;
  std::string checksum;  // hex SHA-256 of `up`
};

struct MigrationState {
  std::string id;
  bool applied = false;
  bool changed = false;  // applied with another checksum
};

// The migrations of a set ("app", "audit") that the build put into the binary.
std::vector<MigrationFile> embedded_migrations(std::string_view set);

// Blocking; used by `gatehouse migrate` and `gatehouse dev`, never by a server. All run under an advisory lock on one
// session, each file in its own transaction with lock_timeout 2 s and retries. What was applied stands in
// _gatehouse_migration. The first two return the ids they applied or took back. Throw std::runtime_error with a message
// for the operator.
std::vector<std::string> migrate_up(const std::string& url, const std::string& schema, std::string_view set);
std::vector<std::string> migrate_down(const std::string& url, const std::string& schema, std::string_view set,
                                      int steps);
std::vector<MigrationState> migration_status(const std::string& url, const std::string& schema, std::string_view set);

// What `migrate_down` would take back, in its order; changes nothing and throws where that would.
std::vector<MigrationFile> migrations_to_take_back(const std::string& url, const std::string& schema,
                                                   std::string_view set, int steps);
// Names of the tables that a down file drops, with all they hold.
std::vector<std::string> dropped_tables(const MigrationFile& file);

// The same for migrations that are not the embedded ones.
std::vector<std::string> migrate_up(const std::string& url, const std::string& schema, std::string_view set,
                                    const std::vector<MigrationFile>& files);
std::vector<std::string> migrate_down(const std::string& url, const std::string& schema, std::string_view set,
                                      const std::vector<MigrationFile>& files, int steps);
std::vector<MigrationState> migration_status(const std::string& url, const std::string& schema, std::string_view set,
                                             const std::vector<MigrationFile>& files);

}  // namespace gatehouse::postgres
