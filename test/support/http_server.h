#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/server.h"

namespace gatehouse::test {

// An http::Server on a free port with a core of its own; stopped by its destructor. Logs only warnings and errors
// unless the test sets another level afterwards.
class HttpServer {
 public:
  explicit HttpServer(http::Handler handle, http::ServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  std::size_t connections() const;  // as its core sees it
  void begin_drain(Seconds at_most);
  // Waits for what `begin_drain` began.
  void wait_drained();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct RawResponse {
  int status = 0;
  std::string head;  // status line and headers, with the empty line
  std::string body;

  std::string header(std::string_view name) const;  // the first, empty where there is none
  bool has_header(std::string_view name) const;
};

// A client that sends bytes as they are. Every wait ends after ten seconds, as a failure.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, std::string address = "127.0.0.1");
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes);  // false once the server has closed
  // One response; its body by Content-Length. Status 0 at the end of the connection.
  RawResponse receive(bool head_request = false);
  bool is_closed();    // waits until the server closes; true unless more bytes come
  std::string rest();  // everything until the server closes
  bool has_input_within(std::chrono::milliseconds patience);
  void half_close();  // sends no more
  void reset();       // as a client that crashes

 private:
  bool fill();

  int socket_;
  std::string buffer_;
};

// The answer to one request sent as it is, on a connection of its own.
RawResponse ask(std::uint16_t port, std::string_view request);

}  // namespace gatehouse::test
