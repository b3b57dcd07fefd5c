#include "platform/redis/private_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "platform/base/time.h"

namespace gatehouse::redis {

namespace {

constexpr std::size_t kLongestSocketPath = 107;
constexpr auto kStartTime = std::chrono::seconds{20};
constexpr auto kStopTime = std::chrono::seconds{10};
constexpr auto kPause = std::chrono::milliseconds{5};

std::vector<std::string> command_line(const PrivateServerOptions& options, const std::string& socket_path) {
  return {options.program,
          "--port",
          "0",
          "--unixsocket",
          socket_path,
          "--unixsocketperm",
          "700",
          "--dir",
          std::filesystem::absolute(options.data_folder).string(),
          "--logfile",
          "redis.log",
          "--daemonize",
          "no",
          "--save",
          "",
          "--appendonly",
          options.durable ? "yes" : "no",
          "--appendfsync",
          "everysec",
          "--maxmemory",
          "256mb",
          "--maxmemory-policy",
          "volatile-ttl"};
}

// Between fork and exec only what is safe in a copy of a process with threads.
[[noreturn]] void become_server(char* const* arguments, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) {
    _exit(127);
  }
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

bool ended_within(pid_t pid, Micros time) {
  const Micros until = boot_time() + time;
  while (waitpid(pid, nullptr, WNOHANG) == 0) {
    if (boot_time() > until) {
      return false;
    }
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

PrivateServer::PrivateServer(PrivateServerOptions options)
    : options_(std::move(options)),
      socket_path_((std::filesystem::absolute(options_.run_folder) / "redis.sock").lexically_normal().string()) {
  if (socket_path_.size() > kLongestSocketPath) {
    throw std::runtime_error(
        fmt::format("Redis: the socket's path {} has {} bytes, at most {} are possible; choose a "
                    "shorter run folder",
                    socket_path_, socket_path_.size(), kLongestSocketPath));
  }
  std::filesystem::create_directories(options_.data_folder);
  std::filesystem::create_directories(options_.run_folder);
  start();
}

PrivateServer::~PrivateServer() { stop(); }

std::string PrivateServer::url() const { return "unix://" + socket_path_ + "?db=0"; }

void PrivateServer::start() {
  if (pid_ != 0) {
    return;
  }
  std::filesystem::remove(socket_path_);
  auto words = command_line(options_, socket_path_);
  std::vector<char*> arguments;
  std::ranges::transform(words, std::back_inserter(arguments), [](std::string& word) { return word.data(); });
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    throw std::runtime_error(fmt::format("Redis: cannot start a process: {}", std::strerror(errno)));
  }
  if (child == 0) {
    become_server(arguments.data(), parent);
  }
  pid_ = child;
  wait_until_ready();
}

void PrivateServer::wait_until_ready() {
  const Micros until = boot_time() + kStartTime;
  while (!answers()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      const bool missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;
      throw std::runtime_error(missing
                                   ? fmt::format("Redis: cannot run {}; script/bootstrap installs it", options_.program)
                                   : fmt::format("Redis: {} ended while starting: {}", options_.program, log_tail()));
    }
    if (boot_time() > until) {
      kill();
      throw std::runtime_error(fmt::format("Redis: {} does not answer: {}", options_.program, log_tail()));
    }
    std::this_thread::sleep_for(kPause);
  }
}

bool PrivateServer::answers() const {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  constexpr std::string_view kPing = "PING\r\n";
  constexpr std::string_view kPong = "+PONG\r\n";
  std::string reply(kPong.size(), '\0');
  const bool pong = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::send(fd, kPing.data(), kPing.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kPing.size()) &&
                    recv(fd, reply.data(), reply.size(), MSG_WAITALL) == static_cast<ssize_t>(kPong.size()) &&
                    reply == kPong;
  close(fd);
  return pong;
}

std::string PrivateServer::log_tail() const {
  std::ifstream log(std::filesystem::path(options_.data_folder) / "redis.log");
  std::string line;
  std::string last = "no log";
  while (std::getline(log, line)) {
    if (!line.empty()) {
      last = line;
    }
  }
  return last;
}

void PrivateServer::stop() {
  if (pid_ == 0) {
    return;
  }
  ::kill(pid_, SIGTERM);
  ::kill(pid_, SIGCONT);
  if (!ended_within(pid_, kStopTime)) {
    kill();
  }
  pid_ = 0;
}

void PrivateServer::kill() {
  if (pid_ == 0) {
    return;
  }
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void PrivateServer::signal(int number) {
  if (pid_ != 0) {
    ::kill(pid_, number);
  }
}

}  // namespace gatehouse::redis
