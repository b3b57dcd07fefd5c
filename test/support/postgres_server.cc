#include "support/postgres_server.h"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <libpq-fe.h>
#include <memory>
#include <set>
#include <signal.h>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "platform/postgres/migration.h"
#include "platform/postgres/private_server.h"

namespace gatehouse::test {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kFolderPrefix = "gatehouse-test-postgres-";

void execute(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    throw std::runtime_error(fmt::format("{}: {}", sql, PQerrorMessage(connection.get())));
  }
}

// What test programs left that were killed.
void sweep() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/tmp", ignored)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    if (name.starts_with(kFolderPrefix) &&
        std::from_chars(name.data() + kFolderPrefix.size(), name.data() + name.size(), pid).ec == std::errc{} &&
        kill(pid, 0) != 0 && errno == ESRCH) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

class Folder {
 public:
  Folder() : path_(fs::path("/tmp") / fmt::format("{}{}", kFolderPrefix, getpid())), owner_(getpid()) {
    sweep();
    fs::create_directory(path_);
  }
  ~Folder() {
    if (getpid() == owner_) {
      std::error_code ignored;
      fs::remove_all(path_, ignored);
    }
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  pid_t owner_;
};

class Server {
 public:
  static Server& instance() {
    static Server server;
    return server;
  }

  std::string clone(const std::string& set) {
    if (!templates_.contains(set)) {
      const std::string name = "template_" + set;
      server_.create_database(name);
      postgres::migrate_up(server_.url(name), "public", set);
      templates_.insert(set);
    }
    const std::string name = next_name();
    execute(server_.url(), fmt::format("CREATE DATABASE {} TEMPLATE template_{}", name, set));
    return server_.url(name);
  }

  std::string empty() {
    const std::string name = next_name();
    server_.create_database(name);
    return server_.url(name);
  }

 private:
  std::string next_name() { return fmt::format("test_{}", ++count_); }

  Folder folder_;
  postgres::PrivateServer server_{
      {.data = folder_.path() / "data", .run = folder_.path() / "run", .fsync = false, .max_connections = 300}};
  std::set<std::string> templates_;
  int count_ = 0;
};

}  // namespace

std::string fresh_database() { return Server::instance().clone("app"); }
std::string fresh_audit_database() { return Server::instance().clone("audit"); }
std::string empty_database() { return Server::instance().empty(); }

}  // namespace gatehouse::test
