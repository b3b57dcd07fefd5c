#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/task.h"
#include "platform/base/time.h"
#include "platform/postgres/server_list.h"

namespace gatehouse::postgres {

// LISTEN on a connection of its own, made again whenever it is lost.
class Listener {
 public:
  Listener(asio::io_context& io, std::shared_ptr<ServerList> servers, Micros connect_time,
           std::vector<std::string> channels, std::function<void(std::string, std::string)> on_notify,
           std::function<void()> on_connect);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Until stop() or cancellation.
  static Task<void> run(std::shared_ptr<Listener> self);
  void stop();

 private:
  struct Link;

  Task<bool> listen();
  Task<bool> command(std::string sql);
  Task<void> serve();
  Task<bool> wait_readable(Micros time);
  void tell();

  asio::io_context& io_;
  std::shared_ptr<ServerList> servers_;
  Micros connect_time_;
  std::vector<std::string> channels_;
  std::function<void(std::string, std::string)> on_notify_;
  std::function<void()> on_connect_;
  std::shared_ptr<Link> link_;
  bool stopped_ = false;
};

}  // namespace gatehouse::postgres
