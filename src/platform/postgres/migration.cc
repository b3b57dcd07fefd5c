#include "platform/postgres/migration.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <libpq-fe.h>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "platform/base/embedded.h"
#include "platform/crypto/hash.h"

namespace gatehouse::postgres {

namespace {

constexpr std::string_view kNoTransaction = "-- no transaction";
constexpr std::string_view kAlreadyThere = "-- already there with table: ";
constexpr std::string_view kLockNotAvailable = "55P03";
constexpr int kLockTries = 30;
constexpr auto kLockPause = std::chrono::milliseconds{500};
constexpr auto kOtherMigration = std::chrono::seconds{60};

struct Refused : std::runtime_error {
  Refused(std::string state, const std::string& message) : std::runtime_error(message), sqlstate(std::move(state)) {}
  std::string sqlstate;
};

struct Applied {
  std::string checksum;
  bool adopted = false;
};

// One blocking connection.
class Connection {
 public:
  Connection(const std::string& url, const std::string& schema) : connection_(connect(url), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
      throw std::runtime_error(fmt::format("cannot connect to PostgreSQL: {}", PQerrorMessage(connection_.get())));
    }
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    rows("SELECT set_config('lock_timeout', '2s', false)");
    rows("SELECT set_config('search_path', quote_ident($1), false)", {schema});
  }

  void execute(const std::string& sql) { take(PQexec(connection_.get(), sql.c_str())); }

  std::vector<std::vector<std::string>> rows(const char* sql, const std::vector<std::string>& params = {}) {
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const auto& param : params) {
      values.push_back(param.c_str());
    }
    const auto result = take(PQexecParams(connection_.get(), sql, static_cast<int>(values.size()), nullptr,
                                          values.data(), nullptr, nullptr, 0));
    std::vector<std::vector<std::string>> all(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t row = 0; row < all.size(); ++row) {
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        all[row].emplace_back(PQgetvalue(result.get(), static_cast<int>(row), column));
      }
    }
    return all;
  }

 private:
  using OwnedResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

  static PGconn* connect(const std::string& url) {
    const char* const keys[] = {"dbname", "application_name", "connect_timeout", "target_session_attrs", nullptr};
    const char* const values[] = {url.c_str(), "gatehouse migrate", "5", "read-write", nullptr};
    return PQconnectdbParams(keys, values, 1);
  }

  OwnedResult take(PGresult* raw) {
    OwnedResult result(raw, &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      return result;
    }
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    throw Refused(state == nullptr ? "" : state, PQerrorMessage(connection_.get()));
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// The session's lock goes with the session: a migration that was killed never blocks the next one.
void lock(Connection& db, const std::string& schema, std::string_view set) {
  const std::string key = fmt::format("gatehouse migration {} {}", schema, set);
  for (const auto until = std::chrono::steady_clock::now() + kOtherMigration;
       db.rows("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", {key})[0][0] != "t";) {
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("another migration of this database is still running; try again when it is done");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

void prepare(Connection& db, const std::string& schema) {
  if (db.rows("SELECT FROM pg_namespace WHERE nspname = $1", {schema}).empty()) {
    const std::string quoted = db.rows("SELECT quote_ident($1)", {schema})[0][0];
    db.execute(fmt::format("CREATE SCHEMA {}", quoted));
  }
  db.execute(
      "CREATE TABLE IF NOT EXISTS _gatehouse_migration ("
      "  set_name text NOT NULL, id text NOT NULL, checksum text NOT NULL, adopted boolean NOT NULL,"
      "  applied_at timestamptz NOT NULL, PRIMARY KEY (set_name, id))");
}

bool has_table(Connection& db, std::string_view name) {
  static constexpr auto kSql = "SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1";
  return !db.rows(kSql, {std::string(name)}).empty();
}

std::map<std::string, Applied> applied_changes(Connection& db, std::string_view set) {
  std::map<std::string, Applied> applied;
  if (!has_table(db, "_gatehouse_migration")) {
    return applied;
  }
  for (auto& row :
       db.rows("SELECT id, checksum, adopted FROM _gatehouse_migration WHERE set_name = $1", {std::string(set)})) {
    applied[row[0]] = {row[1], row[2] == "t"};
  }
  return applied;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

std::optional<std::string_view> table_that_shows(const MigrationFile& file) {
  const auto line = first_line(file.up);
  if (!line.starts_with(kAlreadyThere)) {
    return std::nullopt;
  }
  return line.substr(kAlreadyThere.size());
}

// Statements of a "no transaction" file: each ends with ";" at the end of a line.
std::vector<std::string> statements(std::string_view text) {
  std::vector<std::string> all;
  std::string current;
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    current += line;
    const auto last = line.find_last_not_of(" \t\r\n");
    if (last != std::string_view::npos && line[last] == ';') {
      all.push_back(std::exchange(current, {}));
    }
  }
  return all;
}

void record(Connection& db, std::string_view set, const MigrationFile& file, bool adopted) {
  static constexpr auto kSql =
      "INSERT INTO _gatehouse_migration (set_name, id, checksum, adopted, applied_at) VALUES ($1, $2, $3, $4, now())";
  db.rows(kSql, {std::string(set), file.id, file.checksum, adopted ? "t" : "f"});
}

void forget(Connection& db, std::string_view set, const MigrationFile& file) {
  db.rows("DELETE FROM _gatehouse_migration WHERE set_name = $1 AND id = $2", {std::string(set), file.id});
}

// Runs `work`, again while somebody else's lock is in the way.
template <class Work>
void with_retry(Connection& db, bool in_transaction, const std::string& what, Work work) {
  for (int left = kLockTries;; --left) {
    try {
      if (in_transaction) {
        db.execute("BEGIN");
      }
      work();
      if (in_transaction) {
        db.execute("COMMIT");
      }
      return;
    } catch (const Refused& refused) {
      if (in_transaction) {
        db.execute("ROLLBACK");
      }
      if (refused.sqlstate != kLockNotAvailable || left == 1) {
        throw std::runtime_error(fmt::format("migration {} failed: {}", what, refused.what()));
      }
    }
    std::this_thread::sleep_for(kLockPause);
  }
}

void run(Connection& db, const std::string& text, bool in_transaction, const std::string& what,
         const std::function<void()>& note) {
  with_retry(db, in_transaction, what, [&] {
    if (in_transaction) {
      db.execute(text);
    } else {
      std::ranges::for_each(statements(text), [&](const std::string& statement) { db.execute(statement); });
    }
    note();
  });
}

void apply(Connection& db, std::string_view set, const MigrationFile& file) {
  const auto table = table_that_shows(file);
  if (table && has_table(db, *table)) {
    record(db, set, file, true);
    return;
  }
  run(db, file.up, first_line(file.up) != kNoTransaction, file.id, [&] { record(db, set, file, false); });
}

void refuse_changed(const MigrationFile& file, const Applied& applied) {
  if (applied.checksum != file.checksum) {
    throw std::runtime_error(
        fmt::format("migration {} was applied with another content (checksum {}, this version has {}): a change that "
                    "was released is "
                    "never edited; install the version that belongs to this database",
                    file.id, applied.checksum, file.checksum));
  }
}

// The last changes that were applied, the last one first. Throws where one cannot be taken back.
std::vector<MigrationFile> last_applied(Connection& db, std::string_view set, const std::vector<MigrationFile>& files,
                                        int steps) {
  const auto applied = applied_changes(db, set);
  std::vector<MigrationFile> found;
  for (auto last = applied.rbegin(); last != applied.rend() && steps > 0; ++last, --steps) {
    const auto file = std::ranges::find(files, last->first, &MigrationFile::id);
    if (file == files.end()) {
      throw std::runtime_error(
          fmt::format("migration {} was applied by another version, which has to take it back", last->first));
    }
    refuse_changed(*file, last->second);
    if (last->second.adopted) {
      throw std::runtime_error(
          fmt::format("migration {} was there before Gatehouse and is not taken back: its tables hold data", file->id));
    }
    found.push_back(*file);
  }
  return found;
}

}  // namespace

std::vector<MigrationFile> embedded_migrations(std::string_view set) {
  static constexpr std::string_view kUp = ".up.sql";
  const std::string folder = fmt::format("migrations/{}/", set);
  std::vector<MigrationFile> files;
  for (const auto& [path, content] : embedded_files(folder)) {
    if (!path.ends_with(kUp)) {
      continue;
    }
    const auto id = path.substr(folder.size(), path.size() - folder.size() - kUp.size());
    const auto down = embedded_file(fmt::format("{}{}.down.sql", folder, id));
    if (!down) {
      throw std::runtime_error(fmt::format("migration {} has no down file", id));
    }
    files.push_back({std::string(id), std::string(content), std::string(*down), crypto::sha256_hex(content)});
  }
  return files;
}

std::vector<std::string> migrate_up(const std::string& url, const std::string& schema, std::string_view set,
                                    const std::vector<MigrationFile>& files) {
  Connection db(url, schema);
  lock(db, schema, set);
  prepare(db, schema);
  const auto applied = applied_changes(db, set);
  for (const auto& file : files) {
    if (const auto known = applied.find(file.id); known != applied.end()) {
      refuse_changed(file, known->second);
    }
  }
  std::vector<std::string> done;
  for (const auto& file : files) {
    if (!applied.contains(file.id)) {
      apply(db, set, file);
      done.push_back(file.id);
    }
  }
  return done;
}

std::vector<std::string> migrate_down(const std::string& url, const std::string& schema, std::string_view set,
                                      const std::vector<MigrationFile>& files, int steps) {
  Connection db(url, schema);
  lock(db, schema, set);
  std::vector<std::string> done;
  for (int left = steps; left > 0; --left) {
    const auto next = last_applied(db, set, files, 1);
    if (next.empty()) {
      break;
    }
    const MigrationFile& file = next.front();
    run(db, file.down, first_line(file.down) != kNoTransaction, file.id, [&] { forget(db, set, file); });
    done.push_back(file.id);
  }
  return done;
}

std::vector<MigrationState> migration_status(const std::string& url, const std::string& schema, std::string_view set,
                                             const std::vector<MigrationFile>& files) {
  Connection db(url, schema);
  auto applied = applied_changes(db, set);
  std::vector<MigrationState> states;
  for (const auto& file : files) {
    const auto known = applied.extract(file.id);
    states.push_back({file.id, !known.empty(), !known.empty() && known.mapped().checksum != file.checksum});
  }
  for (const auto& [id, unknown] : applied) {  // of a newer version
    states.push_back({id, true, false});
  }
  return states;
}

std::vector<std::string> migrate_up(const std::string& url, const std::string& schema, std::string_view set) {
  return migrate_up(url, schema, set, embedded_migrations(set));
}

std::vector<std::string> migrate_down(const std::string& url, const std::string& schema, std::string_view set,
                                      int steps) {
  return migrate_down(url, schema, set, embedded_migrations(set), steps);
}

std::vector<MigrationState> migration_status(const std::string& url, const std::string& schema, std::string_view set) {
  return migration_status(url, schema, set, embedded_migrations(set));
}

std::vector<MigrationFile> migrations_to_take_back(const std::string& url, const std::string& schema,
                                                   std::string_view set, int steps) {
  Connection db(url, schema);
  return last_applied(db, set, embedded_migrations(set), steps);
}

std::vector<std::string> dropped_tables(const MigrationFile& file) {
  static constexpr std::string_view kDrop = "DROP TABLE ";
  std::vector<std::string> names;
  const std::string_view text = file.down;
  for (auto at = text.find(kDrop); at != std::string_view::npos; at = text.find(kDrop, at + 1)) {
    const std::string_view list = text.substr(at + kDrop.size(), text.find(';', at) - at - kDrop.size());
    for (const auto part : std::views::split(list, ',')) {
      std::string_view name(part.begin(), part.end());
      name.remove_prefix(std::min(name.find_first_not_of(" \n"), name.size()));
      name.remove_prefix(name.starts_with("IF EXISTS ") ? std::string_view("IF EXISTS ").size() : 0);
      names.emplace_back(name.substr(0, name.find_first_of(" \n")));
    }
  }
  return names;
}

}  // namespace gatehouse::postgres
