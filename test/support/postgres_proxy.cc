#include "support/postgres_proxy.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <list>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

namespace gatehouse::test {

namespace {

constexpr int kPoll = 20;  // milliseconds

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error("the path of the socket is too long: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

template <class F>
int open_socket(const std::string& path, F use) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(path);
  if (fd < 0 || use(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return fd;
}

// Which of the two has something to read.
std::array<bool, 2> ready(int a, int b) {
  std::array<pollfd, 2> wanted{pollfd{a, POLLIN, 0}, pollfd{b, POLLIN, 0}};
  poll(wanted.data(), wanted.size(), kPoll);
  return {wanted[0].revents != 0, wanted[1].revents != 0};
}

bool forward(const std::string& bytes, int to) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto n = send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

std::string receive(int from) {
  std::array<char, 65536> buffer{};
  const auto n = recv(from, buffer.data(), buffer.size(), 0);
  return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
}

// An answer to statements that ran (CommandComplete, DataRow, ErrorResponse), not to the start of a session or to
// Parse.
bool answers_a_statement(const std::string& bytes) {
  for (std::size_t at = 0; at + 5 <= bytes.size();) {
    if (bytes[at] == 'C' || bytes[at] == 'D' || bytes[at] == 'E') {
      return true;
    }
    std::uint32_t length = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
      length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    at += 1 + length;
  }
  return false;
}

}  // namespace

struct PostgresProxy::Impl {
  std::string folder;
  std::string upstream;
  std::string database;
  int listener = -1;
  std::atomic<bool> stopping{false};
  std::atomic<int> to_spare{0};
  std::atomic<int> to_lose{0};
  std::atomic<int> lost{0};
  std::thread acceptor;
  std::mutex mutex;
  std::list<std::thread> connections;

  static bool take_one(std::atomic<int>& from) {
    int left = from.load();
    while (left > 0 && !from.compare_exchange_weak(left, left - 1)) {
    }
    return left > 0;
  }

  bool loses(const std::string& bytes) {
    if (!answers_a_statement(bytes)) {
      return false;
    }
    if (take_one(to_spare) || !take_one(to_lose)) {
      return false;
    }
    ++lost;
    return true;
  }

  void serve(int client) {
    const int server = open_socket(upstream, connect);
    while (!stopping) {
      const auto [from_server, from_client] = ready(server, client);
      if (from_server) {
        const std::string bytes = receive(server);
        if (bytes.empty() || loses(bytes) || !forward(bytes, client)) {
          break;
        }
      }
      if (from_client) {
        const std::string bytes = receive(client);
        if (bytes.empty() || !forward(bytes, server)) {
          break;
        }
      }
    }
    close(server);
    close(client);
  }

  void accept_all() {
    while (!stopping) {
      if (!ready(listener, -1)[0]) {
        continue;
      }
      const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) {
        const std::lock_guard lock(mutex);
        connections.emplace_back([this, client] { serve(client); });
      }
    }
  }
};

PostgresProxy::PostgresProxy(const std::string& url) : impl_(std::make_unique<Impl>()) {
  const auto host = url.find("?host=");
  std::string folder = "/tmp/gatehouse-test-proxy-XXXXXX";
  if (host == std::string::npos || mkdtemp(folder.data()) == nullptr) {
    throw std::runtime_error("a proxy needs a database on a Unix socket");
  }
  impl_->folder = folder;
  impl_->upstream = url.substr(host + 6) + "/.s.PGSQL.5432";
  impl_->database = url.substr(0, host);
  impl_->listener = open_socket(folder + "/.s.PGSQL.5432", bind);
  listen(impl_->listener, 64);
  impl_->acceptor = std::thread([impl = impl_.get()] { impl->accept_all(); });
}

PostgresProxy::~PostgresProxy() {
  impl_->stopping = true;
  impl_->acceptor.join();
  for (auto& connection : impl_->connections) {
    connection.join();
  }
  close(impl_->listener);
  unlink((impl_->folder + "/.s.PGSQL.5432").c_str());
  rmdir(impl_->folder.c_str());
}

std::string PostgresProxy::url() const { return impl_->database + "?host=" + impl_->folder; }

void PostgresProxy::lose_answers(int count, int spared) {
  impl_->to_spare = spared;
  impl_->to_lose = count;
}

int PostgresProxy::lost() const { return impl_->lost; }

}  // namespace gatehouse::test
