#pragma once

#include <memory>
#include <string>

#include "platform/redis/private_server.h"
#include "support/temporary_folder.h"

namespace gatehouse::test {

// A Redis of its own in a temporary folder, gone when the object goes. `server()` stops, kills and starts it.
class RedisServer {
 public:
  explicit RedisServer(bool durable = false);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string url() const { return server_->url(); }
  redis::PrivateServer& server() { return *server_; }

  // The one that this test program shares; starts with the first call. Tests use keys of their own.
  static RedisServer& shared();

 private:
  TemporaryFolder folder_;
  std::unique_ptr<redis::PrivateServer> server_;
};

}  // namespace gatehouse::test
