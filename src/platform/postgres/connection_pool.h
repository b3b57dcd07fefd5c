#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/task.h"
#include "platform/base/time.h"
#include "platform/postgres/connection.h"
#include "platform/postgres/server_list.h"

namespace gatehouse::postgres {

// Since when nobody on this core could connect. Logs when the server goes and when it is back.
class Availability {
 public:
  // Nothing was heard of it since `since` (boot time).
  void failed(const std::string& why, Micros since);
  // It answers, but has no connection left (max_connections, or a limit of the role's): what there is goes on.
  void full(const std::string& why);
  void worked();
  bool away() const { return away_since_ != Micros{0}; }
  Micros away_since() const { return away_since_; }  // boot time; 0 where it is not away

 private:
  Micros away_since_{0};
  bool is_full_ = false;
};

// Keeps a number of connections open: lost ones are replaced, with a pause of at most 250 ms between attempts. While
// the server is away only one attempt is made at a time.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  using Arrival = std::function<void(std::shared_ptr<Connection>)>;

  ConnectionPool(asio::io_context& io, std::shared_ptr<ServerList> servers, std::shared_ptr<Availability> availability,
                 Micros connect_time);

  void on_arrival(Arrival arrival) { on_arrival_ = std::move(arrival); }
  // Wants at least that many from now on.
  void keep(std::size_t wanted);
  // Closes it and opens another.
  void drop(const std::shared_ptr<Connection>& connection);
  // The server became read-only: nothing new is sent to these connections; others are opened.
  void retire_all();
  void close();

  const std::vector<std::shared_ptr<Connection>>& connections() const { return connections_; }

 private:
  static Task<void> open_one(std::shared_ptr<ConnectionPool> self);
  void arrived(const ServerList::Attempt& attempt);
  void replace();
  void forget(const Connection& connection);

  asio::io_context& io_;
  std::shared_ptr<ServerList> servers_;
  std::shared_ptr<Availability> availability_;
  Micros connect_time_;
  Arrival on_arrival_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::size_t wanted_ = 0;
  std::size_t opening_ = 0;
  bool closed_ = false;
};

}  // namespace gatehouse::postgres
