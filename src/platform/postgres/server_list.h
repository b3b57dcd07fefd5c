#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/task.h"
#include "platform/base/time.h"

struct pg_conn;

namespace gatehouse::postgres {

struct SessionSettings {
  std::string schema;
  Micros statement_time{};
  bool synchronous_commit = true;
};

// The hosts of a database URL. libpq's own loop over them never leaves a silent one, so this one does it.
class ServerList {
 public:
  // Throws std::runtime_error for a URL that is not one, without repeating it.
  ServerList(asio::io_context& io, const std::string& url, const SessionSettings& settings);

  struct Attempt {
    pg_conn* connection = nullptr;  // the caller's
    std::size_t host = 0;           // its place in the URL
    std::string why_not;            // what the last host said
    bool full = false;              // it said that it has no connection left (53300)
  };

  // A new connection, in non-blocking mode, to the first host that answers within `time_per_host` and takes writes; the
  // host that did last is asked first.
  Task<Attempt> connect(Micros time_per_host);

  // Whether the host at that place in the URL lets itself be connected to within `time`, and takes writes.
  Task<bool> takes_writes(std::size_t index, Micros time);

  std::size_t size() const { return hosts_.size(); }

 private:
  using Keywords = std::map<std::string, std::string>;
  struct Host {
    std::string name;  // empty: libpq's default; "/…": a socket's folder
    std::string address;
    std::string port;
    std::vector<std::string> resolved;  // as last answered by DNS
  };

  void split_hosts(const Keywords& keywords);
  Task<void> resolve(Host& host, Micros time);
  Task<pg_conn*> connect_to(std::size_t index, Micros time, std::string& why_not);
  Task<pg_conn*> connect_to_address(const Host& host, const std::string& address, Micros time, std::string& why_not);

  asio::io_context& io_;
  Keywords keywords_;  // of every host
  std::vector<Host> hosts_;
  std::size_t preferred_ = 0;
};

}  // namespace gatehouse::postgres
