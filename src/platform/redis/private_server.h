#pragma once

#include <string>
#include <sys/types.h>

namespace gatehouse::redis {

struct PrivateServerOptions {
  std::string data_folder;  // its append-only file and its log; made if it is not there
  std::string run_folder;   // its socket; short: a socket's path has at most 107 bytes
  std::string program = "/usr/bin/redis-server";
  bool durable = true;  // false: keeps nothing on disk
};

// A redis-server of our own on a Unix socket, for `gatehouse dev` and for tests. It is a child in a process group of
// its own (Ctrl-C does not reach it) and ends when the thread that started it ends. Blocking: not for a running core.
class PrivateServer {
 public:
  // Starts it and waits until it answers. Throws std::runtime_error with a message for the operator.
  explicit PrivateServer(PrivateServerOptions options);
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  std::string url() const;  // unix:///…/redis.sock?db=0
  const std::string& socket_path() const { return socket_path_; }
  pid_t pid() const { return pid_; }  // 0 while stopped

  void start();
  void stop();              // SIGTERM, then SIGKILL after 10 s; waits for the end
  void kill();              // SIGKILL; waits for the end
  void signal(int number);  // SIGSTOP, SIGCONT …

 private:
  void wait_until_ready();
  bool answers() const;
  std::string log_tail() const;

  PrivateServerOptions options_;
  std::string socket_path_;
  pid_t pid_ = 0;
};

}  // namespace gatehouse::redis
