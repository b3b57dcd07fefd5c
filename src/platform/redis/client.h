#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/context.h"
#include "platform/base/error.h"
#include "platform/base/task.h"

namespace gatehouse::redis {

struct Reply {
  enum class Kind { nil, integer, text, array, error };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Reply> array;
};

// A Lua script with static storage; run by its SHA-1, loaded where the server does not have it.
struct Script {
  const char* text;
};

struct ClientOptions {
  std::string url;  // redis://, rediss:// or unix:///path?db=0
  Micros connect_time = std::chrono::seconds{1};
  Micros command_time = std::chrono::milliseconds{500};
  std::size_t depth = 1024;
};

// One core's pipelined connection. Everything fails with Error ServiceUnavailable within a second while the server is
// away.
class Client {
 public:
  Client(asio::io_context& io, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Throws Error InternalError for an error reply.
  Task<Reply> command(Context& ctx, std::vector<std::string> words);
  Task<Reply> run(Context& ctx, Script script, std::vector<std::string> keys, std::vector<std::string> arguments);

  Task<std::optional<std::string>> get(Context& ctx, std::string key);
  Task<void> set(Context& ctx, std::string key, std::string value, Seconds expires_in);
  Task<void> remove(Context& ctx, std::string key);

  bool reachable() const;
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::redis
