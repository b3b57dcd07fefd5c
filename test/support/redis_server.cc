#include "support/redis_server.h"

namespace gatehouse::test {

RedisServer::RedisServer(bool durable)
    : server_(std::make_unique<redis::PrivateServer>(redis::PrivateServerOptions{
          .data_folder = folder_.path(), .run_folder = folder_.path(), .durable = durable})) {}

RedisServer::~RedisServer() = default;

RedisServer& RedisServer::shared() {
  static RedisServer server;
  return server;
}

}  // namespace gatehouse::test
