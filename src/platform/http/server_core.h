#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "platform/base/timer.h"
#include "platform/http/access_log.h"
#include "platform/http/address.h"
#include "platform/http/server.h"
#include "platform/telemetry/metrics.h"

namespace gatehouse::http {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
// One connection as its server sees it. It takes itself off the server's list when it goes.
class Connection : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  virtual Task<void> run() = 0;
  virtual void sweep(Micros now) = 0;            // ends what took too long
  virtual void drain() = 0;                      // ends it once nothing is in flight
  virtual bool close_if_idle(Micros since) = 0;  // makes room; true where it was idle since then
  virtual void abort() = 0;                      // ends it now
};

// The Date header's value, made once a second.
class HttpDate {
 public:
  std::string_view at(Micros now);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

// What one core counts between two sweeps.
struct Traffic {
  std::array<double, 6> by_status_class{};  // [2] counts 2xx
  telemetry::DurationBuckets durations;
  double opened = 0;
  double closed = 0;
};

class RequestIds {
 public:
  RequestIds();
  std::string next();

 private:
  std::string prefix_;
  std::uint64_t count_ = 0;
};

// What all connections of one core share. Each holds a reference, so that it outlives the Server.
struct ServerCore : std::enable_shared_from_this<ServerCore> {
  ServerCore(asio::io_context& io_context, ServerOptions server_options, Handler handler);

  void listen();
  Task<void> accept_loop();
  Task<void> sweep_loop();
  void adopt(Socket socket, const Tcp::endpoint& peer);
  void make_room();
  void record(const AccessRecord& record);
  void dress_refusal(const Context& ctx, const Request& request, Response& response) const;
  void publish_traffic();
  void begin_drain();
  void abort_all();

  asio::io_context& io;
  const ServerOptions options;
  const Handler handle;
  const TrustedProxies trusted;
  std::optional<asio::ssl::context> tls;
  Acceptor acceptor;
  std::uint16_t port = 0;
  Timer sweep_timer;
  Timer flush_timer;
  AccessLog access;
  std::string output;  // the answer that is being written
  Traffic traffic;
  HttpDate date;
  RequestIds ids;
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> connections;
  std::size_t connection_count = 0;
  std::size_t large_bodies = 0;  // bytes
  bool draining = false;
  bool flush_is_due = false;
};

std::shared_ptr<Connection> make_connection(std::shared_ptr<ServerCore> core, Socket socket, const IpAddress& peer);

}  // namespace gatehouse::http
