#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/http/router.h"

namespace gatehouse::telemetry {
class Metrics;
}

namespace gatehouse::http {

struct Limits {
  std::size_t header_bytes = std::size_t{16} * 1024;
  std::size_t body_bytes = std::size_t{1024} * 1024;
  Seconds header_time{10};
  Seconds body_time{30};
  Seconds write_time{30};
  Seconds idle_time{75};
  Seconds rest_after{2};  // of idling; then a connection holds no buffer
  Seconds handler_time{30};
  std::size_t pipeline_depth = 32;  // requests of one connection that are answered before others get their turn
  std::size_t connections_per_core = 20'000;
  std::size_t large_bodies_per_core = std::size_t{64} * 1024 * 1024;  // bytes of bodies over 16 KiB, together; or one
};

// Paths of PEM files.
struct TlsFiles {
  std::string certificate;  // the chain, the server's own first
  std::string key;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;    // 0: any free one
  bool shares_port = false;  // joins another core's listener; without it an address in use is an error
  Limits limits;
  std::vector<std::string> trusted_proxies{"127.0.0.0/8", "::1/128"};  // CIDRs
  std::optional<TlsFiles> tls;
  telemetry::Metrics* metrics = nullptr;  // counted twice a second; outlives the server
  // Called where a request is answered without having been handled, because it could not be read, with what was read of
  // it; may put another body into the answer. It may throw.
  std::function<void(const Context&, const Request&, Response&)> dress_refusal;
};

struct ServerCore;

// One core's share of a listener (SO_REUSEPORT). Constructed and used on that core's thread.
class Server {
 public:
  // `handle` answers every request; what it throws becomes the error's response, with a JSON body of the contract's
  // shape.
  Server(asio::io_context& io, ServerOptions options, Handler handle);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Bound from construction, so that the other cores can share it.
  std::uint16_t port() const;
  std::size_t connections() const;
  void start();

  // Stops accepting, answers what is in flight with "Connection: close", resolves when the last connection is gone or
  // after `at_most`.
  Task<void> drain(Micros at_most);

 private:
  std::shared_ptr<ServerCore> core_;
};

}  // namespace gatehouse::http
