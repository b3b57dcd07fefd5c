#include "platform/redis/private_server.h"

#include <filesystem>
#include <signal.h>
#include <stdexcept>

#include "platform/redis/client.h"
#include "support/redis_server.h"
#include "support/run_task.h"

namespace gatehouse::redis {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> stored(const std::string& url, const std::string& value = "") {
  asio::io_context io{1};
  Context ctx;
  Client client(io, {.url = url});
  if (!value.empty()) {
    test::run_task(io, client.set(ctx, "private", value, 60s));
  }
  auto found = test::run_task(io, client.get(ctx, "private"));
  client.close();
  io.restart();
  io.poll();
  return found;
}

}  // namespace

TEST(PrivateRedis, keeps_its_data_over_a_restart) {
  test::RedisServer server(true);
  stored(server.url(), "kept");
  server.server().stop();
  EXPECT_EQ(server.server().pid(), 0);
  server.server().start();
  EXPECT_EQ(stored(server.url()), "kept");
}

TEST(PrivateRedis, ends_with_its_object) {
  pid_t pid = 0;
  {
    const test::RedisServer server;
    pid = const_cast<test::RedisServer&>(server).server().pid();
    ASSERT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(PrivateRedis, says_what_is_wrong_when_it_cannot_start) {
  const std::string folder = (std::filesystem::temp_directory_path() / "gh-no-redis").string();
  EXPECT_THAT(
      [&] { PrivateServer({.data_folder = folder, .run_folder = folder, .program = "/usr/bin/no-such-redis"}); },
      testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("cannot run /usr/bin/no-such-redis")));
  EXPECT_THAT([&] { PrivateServer({.data_folder = folder, .run_folder = folder + std::string(100, 'x')}); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("shorter run folder")));
  std::filesystem::remove_all(folder);
}

}  // namespace gatehouse::redis
