#include "platform/postgres/private_server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <libpq-fe.h>
#include <memory>
#include <pwd.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "platform/postgres/run_folder.h"
#include "platform/telemetry/log.h"

namespace gatehouse::postgres {

namespace fs = std::filesystem;

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kSocketPathLimit = 107;
constexpr std::string_view kSocketName = "/.s.PGSQL.5432";
constexpr auto kStartTime = std::chrono::seconds{30};
constexpr auto kPoll = std::chrono::milliseconds{5};

// Who the server runs as: ourselves, or "postgres" when we are root (PostgreSQL refuses uid 0).
struct ServerUser {
  uid_t uid;
  gid_t gid;
  bool change;
};

ServerUser server_user() {
  if (geteuid() != 0) {
    return {geteuid(), getegid(), false};
  }
  const passwd* entry = getpwnam("postgres");
  if (entry == nullptr) {
    throw std::runtime_error(
        "PostgreSQL does not run as root, and there is no user \"postgres\": install postgresql-15, or run as an "
        "ordinary "
        "user");
  }
  return {entry->pw_uid, entry->pw_gid, true};
}

// Debian's folder, never PATH: on some machines that holds another build.
fs::path find_programs() {
  std::error_code none;
  for (int version = 18; version >= 15; --version) {
    const fs::path folder = fmt::format("/usr/lib/postgresql/{}/bin", version);
    if (fs::exists(folder / "postgres", none) && fs::exists(folder / "initdb", none)) {
      return folder;
    }
  }
  throw std::runtime_error("no PostgreSQL server under /usr/lib/postgresql: install the package postgresql-15");
}

struct Command {
  std::vector<std::string> arguments;
  fs::path output;
  int lock = -1;         // stays open in the child: locked until the last process of the server is gone
  int parent_death = 0;  // signal
};

[[noreturn]] void become(char* const* arguments, const ServerUser& user, int output, const Command& command,
                         pid_t parent) {
  static char path[] = "PATH=/usr/bin:/bin";
  static char locale[] = "LC_ALL=C.UTF-8";
  static char zone[] = "TZ=UTC";
  static char* const environment[] = {path, locale, zone, nullptr};
  sigset_t nothing;
  sigemptyset(&nothing);
  sigprocmask(SIG_SETMASK, &nothing, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD}) {
    std::signal(number, SIG_DFL);
  }
  setsid();  // Ctrl-C at the terminal is for us; we stop the server when we are done
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (command.lock >= 0) {
    fcntl(command.lock, F_SETFD, 0);
  }
  if (user.change && (setgroups(1, &user.gid) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)) {
    _exit(126);
  }
  umask(077);
  prctl(PR_SET_PDEATHSIG, command.parent_death);  // after setuid, which clears it
  if (getppid() != parent) {
    _exit(126);
  }
  execve(arguments[0], arguments, environment);
  _exit(127);
}

int open_output(const fs::path& path, const ServerUser& user) {
  const int output = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (output < 0) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  if (user.change && fchown(output, user.uid, user.gid) != 0) {
    close(output);
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  return output;
}

pid_t spawn_as(const ServerUser& user, const Command& command) {
  std::vector<std::string> copies = command.arguments;
  std::vector<char*> arguments;
  arguments.reserve(copies.size() + 1);
  for (auto& argument : copies) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  const int output = open_output(command.output, user);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    become(arguments.data(), user, output, command, parent);
  }
  close(output);
  if (child < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  return child;
}

bool ended_within(pid_t child, std::chrono::milliseconds time) {
  const auto until = Steady::now() + time;
  while (waitpid(child, nullptr, WNOHANG) == 0) {
    if (Steady::now() > until) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// Whether the server's user may enter every folder of `path` that is there.
bool can_enter(const fs::path& path, const ServerUser& user) {
  const pid_t child = fork();
  if (child == 0) {
    if (user.change && (setgroups(1, &user.gid) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)) {
      _exit(1);
    }
    _exit(access(path.c_str(), X_OK) == 0 || errno == ENOENT ? 0 : 1);
  }
  return child > 0 && wait_for(child) == 0;
}

// A folder that only the server's user can enter.
void make_own_folder(const fs::path& folder, const ServerUser& user) {
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  if (user.change && chown(folder.c_str(), user.uid, user.gid) != 0) {
    throw std::system_error(errno, std::generic_category(), folder.string());
  }
}

// Folders that the server's user can pass, whatever our umask.
void make_passable(const fs::path& folder) {
  if (fs::exists(folder)) {
    return;
  }
  make_passable(folder.parent_path());
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// One server a data folder. The lock is inherited by the server and all its children, so a server whose parent was
// killed is waited for until its last process is gone; after that a left postmaster.pid means nothing.
int lock_folder(const fs::path& data, std::chrono::seconds wait) {
  const fs::path path = data.string() + ".lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  const auto until = Steady::now() + wait;
  while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (Steady::now() > until) {
      close(lock);
      throw std::runtime_error(fmt::format("another server runs on {}: stop it first", data.string()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return lock;
}

}  // namespace

fs::path private_data_folder(const fs::path& wanted) {
  fs::path absolute = fs::absolute(wanted).lexically_normal();
  const ServerUser user = server_user();
  for (fs::path above = absolute.parent_path();; above = above.parent_path()) {
    if (!can_enter(above, user)) {
      // FNV-1a of the path: the same folder for the same wish at every start.
      std::uint64_t name = 0xcbf29ce484222325;
      for (const char c : absolute.string()) {
        name = (name ^ static_cast<unsigned char>(c)) * 0x100000001b3;
      }
      return fmt::format("/var/lib/gatehouse/{:016x}/{}", name, absolute.filename().string());
    }
    if (above == above.root_path()) {
      return absolute;
    }
  }
}

PrivateServer::PrivateServer(PrivateServerOptions options)
    : options_(std::move(options)), programs_(find_programs()), owner_(getpid()) {
  options_.data = private_data_folder(options_.data);
  make_passable(options_.data.parent_path());
  prepare_run_folder();
  try {
    start();
  } catch (...) {
    stop();
    if (run_is_ours_) {
      std::error_code ignored;
      fs::remove_all(options_.run, ignored);
    }
    throw;
  }
}

PrivateServer::~PrivateServer() {
  if (getpid() != owner_) {
    return;  // a forked copy of our process ends, not ours
  }
  stop();
  if (run_is_ours_) {
    std::error_code ignored;
    fs::remove_all(options_.run, ignored);
    close(run_lock_);
  }
}

void PrivateServer::prepare_run_folder() {
  const ServerUser user = server_user();
  if (options_.run.empty()) {
    remove_dead_run_folders();
    std::string made = "/tmp/gatehouse-XXXXXX";
    if (mkdtemp(made.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), made);
    }
    options_.run = made;
    run_is_ours_ = true;
    run_lock_ = claim_run_folder(made);
  }
  options_.run = fs::absolute(options_.run);
  if (options_.run.string().size() + kSocketName.size() > kSocketPathLimit) {
    throw std::runtime_error(
        fmt::format("{} is too long for a socket: a path may have {} bytes", options_.run.string(), kSocketPathLimit));
  }
  make_own_folder(options_.run, user);
  if (!can_enter(options_.run, user)) {
    throw std::runtime_error(fmt::format("user \"postgres\" cannot enter {}", options_.run.string()));
  }
}

void PrivateServer::start() {
  if (pid_ != 0) {
    return;
  }
  lock_ = lock_folder(options_.data, options_.previous);
  if (!fs::exists(options_.data)) {
    initialise();
  }
  std::error_code ignored;
  fs::remove(options_.data / "postmaster.pid", ignored);
  fs::remove(options_.run / ".s.PGSQL.5432.lock", ignored);
  spawn();
  if (!wait_until_ready()) {
    const std::string log = log_tail();
    stop();
    throw std::runtime_error(fmt::format("PostgreSQL on {} does not start:\n{}", options_.data.string(), log));
  }
}

// Made beside the data folder and renamed: what was interrupted is never taken for a database.
void PrivateServer::initialise() {
  const ServerUser user = server_user();
  const fs::path fresh = options_.data.string() + ".new";
  const fs::path log = options_.data.string() + ".initdb.log";
  fs::remove_all(fresh);
  fs::remove(log);
  make_own_folder(fresh, user);
  Command initdb{{programs_ / "initdb", "-D", fresh, "-U", "gatehouse", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-instructions", options_.fsync ? "--data-checksums" : "--no-sync"},
                 log,
                 -1,
                 SIGKILL};
  if (wait_for(spawn_as(user, initdb)) != 0) {
    throw std::runtime_error(fmt::format("initdb for {} failed:\n{}", options_.data.string(), read_file(log)));
  }
  fs::remove(log);
  fs::rename(fresh, options_.data);
}

void PrivateServer::spawn() {
  const char* durable = options_.fsync ? "on" : "off";
  const std::vector<std::string> settings = {
      "listen_addresses=",
      "authentication_timeout=2s",  // a client that stopped half-way would hold up our stop
      fmt::format("unix_socket_directories={}", options_.run.string()),
      "unix_socket_permissions=0700",
      "port=5432",
      fmt::format("fsync={}", durable),
      fmt::format("full_page_writes={}", durable),
      "synchronous_commit=on",
      "shared_buffers=32MB",
      fmt::format("max_connections={}", options_.max_connections),
      "max_worker_processes=2",
      "max_parallel_workers=0",
      "max_parallel_workers_per_gather=0",
      "wal_level=minimal",
      "max_wal_senders=0",
      "min_wal_size=32MB",
      "max_wal_size=512MB",
      "huge_pages=off",
      "jit=off",
      "logging_collector=off",
      "log_line_prefix=%m [%p] ",
      "log_timezone=UTC",
      "timezone=UTC",
  };
  Command postgres{{programs_ / "postgres", "-D", options_.data}, options_.data / "server.log", lock_, SIGINT};
  for (const auto& setting : settings) {
    postgres.arguments.emplace_back("-c");
    postgres.arguments.push_back(setting);
  }
  std::error_code ignored;
  fs::remove(postgres.output, ignored);
  pid_ = spawn_as(server_user(), postgres);
}

bool PrivateServer::wait_until_ready() {
  const std::string where = url();
  for (const auto until = Steady::now() + kStartTime; Steady::now() < until; std::this_thread::sleep_for(kPoll)) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return false;
    }
    if (PQping(where.c_str()) == PQPING_OK) {
      return true;
    }
  }
  return false;
}

std::string PrivateServer::log_tail() const {
  const std::string log = read_file(options_.data / "server.log");
  return log.substr(log.size() > 2000 ? log.size() - 2000 : 0);
}

void PrivateServer::stop() {
  if (pid_ != 0) {
    ::kill(pid_, SIGINT);
    ::kill(pid_, SIGCONT);
    if (!ended_within(pid_, options_.stop_time)) {
      log::warn("PostgreSQL did not stop in time and is killed; it recovers at the next start");
      ::kill(pid_, SIGKILL);
      wait_for(pid_);
    }
    pid_ = 0;
  }
  if (lock_ >= 0) {
    close(lock_);
    lock_ = -1;
  }
}

void PrivateServer::kill() {
  if (pid_ != 0) {
    ::kill(pid_, SIGKILL);
  }
  stop();
}

std::string PrivateServer::url(std::string_view database) const {
  std::string host;
  for (const char c : options_.run.string()) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"/-_."}.contains(c)) {
      host.push_back(c);
    } else {
      host += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return fmt::format("postgres://gatehouse@/{}?host={}", database, host);
}

bool PrivateServer::create_database(const std::string& name) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url().c_str()), &PQfinish);
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(
      PQescapeIdentifier(connection.get(), name.data(), name.size()), &PQfreemem);
  if (!quoted) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  const std::string sql = fmt::format("CREATE DATABASE {}", quoted.get());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
    return true;
  }
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (state != nullptr && std::string_view{state} == "42P04") {
    return false;
  }
  throw std::runtime_error(PQerrorMessage(connection.get()));
}

}  // namespace gatehouse::postgres
