#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>

#include "platform/base/one_shot.h"
#include "platform/base/task.h"
#include "platform/redis/address.h"
#include "platform/redis/client.h"

struct redisReader;  // NOLINT(readability-identifier-naming): hiredis's

namespace gatehouse::redis {

// One connection to Redis: signed in, in the right database. Private to the room.
class Link {
 public:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

  explicit Link(asio::io_context& io);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Connects and signs in; throws boost::system::system_error or std::runtime_error without secrets.
  Task<void> open(Address address);

  // The next reply; throws boost::system::system_error when the connection is gone or what comes is not Redis.
  Task<Reply> receive();
  Task<void> send(std::string_view bytes);
  void close();

 private:
  Task<void> connect(const Address& address);
  Task<void> start_tls(const std::string& host);
  Task<void> sign_in(const Address& address);
  Task<Reply> ask(std::vector<std::string> words);
  std::optional<Reply> parsed();

  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Socket socket_;
  std::optional<asio::ssl::context> tls_context_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::vector<char> buffer_;
};

}  // namespace gatehouse::redis
