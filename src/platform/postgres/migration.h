#pragma once

#include <string>
#include <vector>

namespace gatehouse::postgres {

// One change of a schema: "<version>_<name>.up.sql" and ".down.sql" under migrations/<set>/.
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

// Blocking; used by `gatehouse migrate` and `gatehouse dev`, never by a server. All run under an advisory lock, each file in
// its own transaction with lock_timeout 2 s and retries, unless its first line is "-- no transaction". Throw
// std::runtime_error with a message for the operator.
std::vector<std::string> migrate_up(const std::string& url, const std::string& schema, std::string_view set);
std::vector<std::string> migrate_down(const std::string& url, const std::string& schema, std::string_view set, int steps);
std::vector<MigrationState> migration_status(const std::string& url, const std::string& schema, std::string_view set);

}  // namespace gatehouse::postgres
