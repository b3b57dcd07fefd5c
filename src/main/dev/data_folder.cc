#include "main/dev/data_folder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <stdexcept>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "platform/postgres/private_server.h"

namespace gatehouse::main::dev {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockName = ".gatehouse-dev";  // also marks the folder as ours

bool is_free(int port) {
  try {
    return HeldPort(port).number() == port;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void empty(const fs::path& folder) {
  const fs::path postgres = postgres::private_data_folder(folder / "postgres");
  fs::remove_all(postgres);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != kLockName) {
      fs::remove_all(entry.path());
    }
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

void write_file(const fs::path& path, const std::string& text, bool secret) {
  const fs::path next = path.string() + ".new";
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0644);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
  if (!written) {
    throw std::runtime_error(fmt::format("cannot write {}", path.string()));
  }
  fs::rename(next, path);
}

HeldPort::HeldPort(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || ::bind(fd_, generic, size) != 0 ||
      ::getsockname(fd_, generic, &size) != 0) {
    ::close(fd_);
    throw std::runtime_error(fmt::format("port {} is taken by another program", port));
  }
  number_ = ntohs(address.sin_port);
}

HeldPort::~HeldPort() { ::close(fd_); }

DataFolder::DataFolder(fs::path path, bool reset) : path_(fs::absolute(path)) {
  std::error_code unreadable;
  const bool foreign =
      fs::exists(path_, unreadable) && !fs::is_empty(path_, unreadable) && !fs::exists(path_ / kLockName, unreadable);
  if (foreign) {
    throw std::runtime_error(
        fmt::format("--data {}: the folder holds something else; name an empty or a new one", path_.string()));
  }
  std::error_code cannot_make;
  fs::create_directories(path_, cannot_make);
  lock_ = ::open((path_ / kLockName).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) {
    throw std::runtime_error(fmt::format("--data {}: the folder cannot be written: {}; name another one",
                                         path_.string(), std::strerror(errno)));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    throw std::runtime_error(fmt::format(
        "--data {}: another gatehouse dev uses it; stop that one, or give --data another folder", path_.string()));
  }
  if (reset) {
    empty(path_);
  }
}

DataFolder::~DataFolder() { ::close(lock_); }

Ports DataFolder::last_ports() const {
  const std::string text = read_file(path_ / "ports.json");
  if (text.empty()) {
    return {};
  }
  const auto json = boost::json::parse(text).as_object();
  const auto port = [&](const char* name) { return static_cast<int>(json.at(name).as_int64()); };
  return {port("endpoint"), port("demo"), port("inbox")};
}

Ports DataFolder::choose_ports(int first_port) const {
  if (first_port != 0) {
    const Ports ports{first_port, first_port + 10, first_port + 11};
    for (const int port : {ports.endpoint, ports.demo, ports.inbox}) {
      if (!is_free(port)) {
        throw std::runtime_error(fmt::format(
            "--port {}: port {} is taken by another program; name another one, or 0 for any", first_port, port));
      }
    }
    return ports;
  }
  Ports ports = last_ports();
  for (int* port : {&ports.endpoint, &ports.demo, &ports.inbox}) {
    if (*port != 0 && !is_free(*port)) {
      *port = 0;
    }
  }
  return ports;
}

void DataFolder::remember(const Ports& ports) const {
  write_file(path_ / "ports.json", boost::json::serialize(boost::json::object{
                                       {"endpoint", ports.endpoint}, {"demo", ports.demo}, {"inbox", ports.inbox}}));
}

}  // namespace gatehouse::main::dev
