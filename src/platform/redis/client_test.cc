#include "platform/redis/client.h"

#include <signal.h>
#include <thread>

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "platform/base/timer.h"
#include "support/redis_server.h"
#include "support/run_task.h"

namespace gatehouse::redis {
namespace {

using namespace std::chrono_literals;
using test::run_task;

constexpr asio::use_awaitable_t<Executor> kUse;

struct Core {
  explicit Core(const std::string& url, std::size_t depth = 1024) : client(io, {.url = url, .depth = depth}) {}
  ~Core() {
    client.close();
    io.restart();
    io.poll();
  }

  Reply command(std::vector<std::string> words) { return run_task(io, client.command(ctx, std::move(words))); }

  // The error that the command ends with, and that it came within a second.
  ErrorKind failure(std::vector<std::string> words) {
    const Micros began = boot_time();
    try {
      command(std::move(words));
    } catch (const Error& error) {
      EXPECT_LT(boot_time() - began, 1s);
      return error.kind();
    }
    throw std::logic_error("the command succeeded");
  }

  void wait_until(bool reachable) {
    const Micros until = boot_time() + 10s;
    while (client.reachable() != reachable && boot_time() < until) {
      io.restart();
      io.run_one_for(10ms);
    }
    ASSERT_EQ(client.reachable(), reachable);
  }

  asio::io_context io{1};
  Context ctx;
  Client client;
};

Task<void> count_up(Client& client, Context& ctx, std::string key, int& failures) {
  const Micros began = boot_time();
  try {
    std::vector<std::string> words{"INCR", key};
    co_await client.command(ctx, std::move(words));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::service_unavailable);
    EXPECT_EQ(error.retry_after(), 1);
    ++failures;
  }
  EXPECT_LT(boot_time() - began, 1s);
}

}  // namespace

TEST(RedisClient, stores_finds_and_removes_values_of_any_bytes) {
  Core core(test::RedisServer::shared().url());
  const std::string value("a\0b\r\n\xff", 6);
  run_task(core.io, core.client.set(core.ctx, "client:any", value, 60s));
  EXPECT_EQ(run_task(core.io, core.client.get(core.ctx, "client:any")), value);
  const Reply left = core.command({"TTL", "client:any"});
  EXPECT_GT(left.integer, 50);
  run_task(core.io, core.client.remove(core.ctx, "client:any"));
  EXPECT_EQ(run_task(core.io, core.client.get(core.ctx, "client:any")), std::nullopt);
}

TEST(RedisClient, many_commands_at_once_get_each_its_own_reply) {
  Core core(test::RedisServer::shared().url());
  std::vector<std::string> replies(500);
  const auto echo = [](Core& on, std::string text, std::string& into) -> Task<void> {
    std::vector<std::string> words{"ECHO", text};
    into = (co_await on.client.command(on.ctx, std::move(words))).text;
  };
  int open = 0;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    ++open;
    asio::co_spawn(core.io.get_executor(), echo(core, std::to_string(i), replies[i]),
                   [&](std::exception_ptr) { --open; });
  }
  while (open > 0) {
    ASSERT_GT(core.io.run_one_for(10s), 0U);
  }
  for (std::size_t i = 0; i < replies.size(); ++i) {
    EXPECT_EQ(replies[i], std::to_string(i));
  }
}

TEST(RedisClient, runs_scripts_by_hash_and_loads_them_where_they_are_missing) {
  static constexpr Script kScript{"return {KEYS[1], ARGV[1], 7}"};
  Core core(test::RedisServer::shared().url());
  for (int round = 0; round < 2; ++round) {
    const Reply reply = run_task(core.io, core.client.run(core.ctx, kScript, {"k"}, {"v"}));
    ASSERT_EQ(reply.array.size(), 3U);
    EXPECT_EQ(reply.array[0].text, "k");
    EXPECT_EQ(reply.array[1].text, "v");
    EXPECT_EQ(reply.array[2].integer, 7);
    core.command({"SCRIPT", "FLUSH"});
  }
}

TEST(RedisClient, an_error_reply_is_an_internal_error_that_quotes_no_argument) {
  Core core(test::RedisServer::shared().url());
  try {
    core.command({"NOSUCHCOMMAND", "marker-secret"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal_error);
    EXPECT_EQ(error.message().find("marker-secret"), std::string::npos);
  }
}

TEST(RedisClient, a_full_pipeline_refuses_instead_of_growing) {
  Core core(test::RedisServer::shared().url(), 2);
  core.command({"PING"});
  int failures = 0;
  int open = 3;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(core.io.get_executor(), count_up(core.client, core.ctx, "client:full", failures),
                   [&](std::exception_ptr) { --open; });
  }
  while (open > 0) {
    ASSERT_GT(core.io.run_one_for(10s), 0U);
  }
  EXPECT_EQ(failures, 1);
}

TEST(RedisClient, fails_within_a_second_while_redis_is_away_and_recovers_by_itself) {
  test::RedisServer server;
  Core core(server.url());
  EXPECT_EQ(core.command({"PING"}).text, "PONG");
  server.server().kill();
  EXPECT_EQ(core.failure({"PING"}), ErrorKind::service_unavailable);
  EXPECT_EQ(core.failure({"PING"}), ErrorKind::service_unavailable);
  server.server().start();
  core.wait_until(true);
  EXPECT_EQ(core.command({"PING"}).text, "PONG");
}

TEST(RedisClient, a_server_that_was_never_there_is_an_error_within_a_second) {
  Core core("redis://127.0.0.1:1");
  EXPECT_EQ(core.failure({"PING"}), ErrorKind::service_unavailable);
}

TEST(RedisClient, commands_in_flight_fail_when_the_connection_is_lost) {
  test::RedisServer server;
  Core core(server.url());
  core.command({"PING"});
  bool failed = false;
  const auto block = [](Core& on, bool& into) -> Task<void> {
    try {
      std::vector<std::string> words{"BLPOP", "nothing-comes", "0"};
      co_await on.client.command(on.ctx, std::move(words));
    } catch (const Error& error) {
      into = error.kind() == ErrorKind::service_unavailable;
    }
  };
  const Micros began = boot_time();
  asio::co_spawn(core.io.get_executor(), block(core, failed), asio::detached);
  core.io.restart();
  core.io.poll();
  server.server().kill();
  while (!failed && core.io.run_one_for(2s) > 0) {
  }
  EXPECT_TRUE(failed);
  EXPECT_LT(boot_time() - began, 450ms);  // by the loss, not by the time limit
}

TEST(RedisClient, a_server_that_hangs_is_given_up_within_a_second_and_found_again) {
  test::RedisServer server;
  Core core(server.url());
  core.command({"PING"});
  server.server().signal(SIGSTOP);
  EXPECT_EQ(core.failure({"PING"}), ErrorKind::service_unavailable);
  const Micros began = boot_time();
  EXPECT_EQ(core.failure({"PING"}), ErrorKind::service_unavailable);
  EXPECT_LT(boot_time() - began, 100ms);  // known to be away: no waiting
  server.server().signal(SIGCONT);
  core.wait_until(true);
  EXPECT_EQ(core.command({"PING"}).text, "PONG");
}

TEST(RedisClient, a_server_is_not_blamed_for_our_own_pause) {
  test::RedisServer server;
  Core core(server.url());
  core.command({"PING"});
  server.server().signal(SIGSTOP);
  std::string answer;
  const auto ask = [](Core& on, std::string& into) -> Task<void> {
    std::vector<std::string> words{"PING"};
    into = (co_await on.client.command(on.ctx, std::move(words))).text;
  };
  asio::co_spawn(core.io.get_executor(), ask(core, answer), asio::detached);
  core.io.restart();
  core.io.poll();
  std::this_thread::sleep_for(700ms);  // as a process that was stopped: longer than a command may take
  core.io.poll();
  server.server().signal(SIGCONT);
  while (answer.empty() && core.io.run_one_for(2s) > 0) {
  }
  EXPECT_EQ(answer, "PONG");
}

TEST(RedisClient, stopping_and_starting_redis_under_load_fails_only_what_met_it) {
  test::RedisServer server(true);
  Core core(server.url());
  core.command({"PING"});
  int failures = 0;
  int done = 0;
  bool stop = false;
  const auto load = [](Core& on, const bool& until, int& failed, int& count) -> Task<void> {
    while (!until) {
      co_await count_up(on.client, on.ctx, "client:load", failed);
      ++count;
      Timer pause(on.io, 1ms);
      co_await pause.async_wait(kUse);
    }
  };
  int open = 16;
  for (int i = 0; i < 16; ++i) {
    asio::co_spawn(core.io.get_executor(), load(core, stop, failures, done), [&](std::exception_ptr) { --open; });
  }
  const auto work_until = [&](auto enough) {
    const Micros until = boot_time() + 10s;
    while (!enough() && boot_time() < until) {
      core.io.restart();
      core.io.run_one_for(10ms);
    }
    EXPECT_TRUE(enough());
  };
  work_until([&] { return done > 200; });
  EXPECT_EQ(failures, 0);
  server.server().stop();
  work_until([&] { return failures > 200; });
  server.server().start();
  core.wait_until(true);
  const int failures_before = failures;
  const int done_before = done;
  work_until([&] { return done > done_before + 200; });
  EXPECT_EQ(failures, failures_before);
  stop = true;
  work_until([&] { return open == 0; });
  const Reply counted = core.command({"GET", "client:load"});
  EXPECT_LE(std::stoi(counted.text), done);
  EXPECT_GE(std::stoi(counted.text), done - failures);
}

TEST(RedisClientDeathTest, redis_under_a_postgresql_lease_is_a_bug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Core core(test::RedisServer::shared().url());
        core.ctx.lease_begins();
        core.command({"PING"});
      },
      "bug: Redis while a PostgreSQL connection is leased");
}

}  // namespace gatehouse::redis
