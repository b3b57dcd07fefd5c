#include "support/redis_server.h"

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>

namespace gatehouse::test {

namespace {

std::string temporary_folder() {
  std::string name = "/tmp/gh-redis-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary folder");
  }
  return name;
}

}  // namespace

RedisServer::RedisServer(bool durable)
    : folder_(temporary_folder()),
      server_(std::make_unique<redis::PrivateServer>(
          redis::PrivateServerOptions{.data_folder = folder_, .run_folder = folder_, .durable = durable})) {}

RedisServer::~RedisServer() {
  server_.reset();
  std::filesystem::remove_all(folder_);
}

RedisServer& RedisServer::shared() {
  static RedisServer server;
  return server;
}

}  // namespace gatehouse::test
