#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace gatehouse::postgres {

struct PrivateServerOptions {
  std::filesystem::path data;  // made on first use; its parent folder must exist or be creatable
  std::filesystem::path run;   // short folder for the socket; empty: a new one under /tmp, removed at the end
  bool fsync = true;           // off only for tests: an operating system's crash may then eat the data
  int max_connections = 200;
  std::chrono::milliseconds stop_time{10'000};  // then it is killed
  std::chrono::seconds previous{10};  // how long a server that still shuts down on the same folder is waited for
};

// A PostgreSQL of our own, run as a child of this process: Unix socket only, in a folder that only its user can enter;
// no password. It stops when this object goes, and when the thread that started it dies, however it dies. As root it
// runs as user "postgres". Blocking; for `gatehouse dev` and tests, never for a server. Throws std::runtime_error with
// a message for the operator.
class PrivateServer {
 public:
  // Starts it and returns when it takes connections.
  explicit PrivateServer(PrivateServerOptions options);
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  void start();  // after stop() or kill(); nothing if it runs
  void stop();   // sessions are ended, everything is written; what takes too long is killed
  void kill();   // SIGKILL, as a crash would do

  // postgres://gatehouse@/<database>?host=<run folder>
  std::string url(std::string_view database = "postgres") const;
  bool create_database(const std::string& name);  // false if it was there

  pid_t pid() const { return pid_; }
  const std::filesystem::path& data() const { return options_.data; }
  const std::filesystem::path& run() const { return options_.run; }

 private:
  void prepare_run_folder();
  void initialise();
  void spawn();
  bool wait_until_ready();
  std::string log_tail() const;

  PrivateServerOptions options_;
  std::filesystem::path programs_;
  bool run_is_ours_ = false;
  pid_t owner_ = 0;
  pid_t pid_ = 0;
  int lock_ = -1;
  int run_lock_ = -1;  // of a run folder that is ours
};

// Where a private server keeps what was asked to live in `wanted`: there, or, for root, under /var/lib/gatehouse when
// user "postgres" cannot enter the folders above it. `gatehouse dev` says so when they differ, and resets this one.
std::filesystem::path private_data_folder(const std::filesystem::path& wanted);

}  // namespace gatehouse::postgres
