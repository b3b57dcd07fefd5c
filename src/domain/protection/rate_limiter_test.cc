#include "domain/protection/rate_limiter.h"

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "platform/telemetry/metrics.h"
#include "support/postgres_server.h"
#include "support/redis_server.h"
#include "support/test_project.h"

namespace gatehouse::protection {
namespace {

using namespace std::chrono_literals;

Bucket bucket(const std::string& key, std::int64_t burst, Micros period = 1min) {
  return {.name = "authentication.password.per_ip",
          .group = "authentication.password",
          .key = key,
          .limit = {.enabled = true, .period = period, .burst = burst}};
}

class RateLimiterTest : public testing::Test {
 protected:
  explicit RateLimiterTest(const std::string& redis_url = test::RedisServer::shared().url())
      : ctx(test::TestProject{}.database(test::fresh_database()).build()), client(ctx.io, {.url = redis_url}) {}
  ~RateLimiterTest() override {
    client.close();
    ctx.database->close();
    ctx.io.restart();
    ctx.io.poll();
  }

  std::optional<Error> refused(RateLimiter& by, std::vector<Bucket> buckets) {
    try {
      ctx.run(by.take(ctx, std::move(buckets)));
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  }

  // How many of 1,000 takes at once are let through.
  int evaluated(RateLimiter& by, const Bucket& from) {
    int let_through = 0;
    int open = 1000;
    const auto guess = [](RateLimiter& limiter, std::unique_ptr<project::Context> own, Bucket taken,
                          int& count) -> Task<void> {
      try {
        std::vector<Bucket> buckets{taken};
        co_await limiter.take(*own, std::move(buckets));
        ++count;
      } catch (const Error& error) {
        EXPECT_EQ(error.reason(), "RateLimited");
      }
    };
    for (int i = 0; i < 1000; ++i) {
      asio::co_spawn(ctx.io.get_executor(), guess(by, ctx.another(), from, let_through),
                     [&](std::exception_ptr) { --open; });
    }
    ctx.io.restart();
    while (open > 0 && ctx.io.run_one_for(10s) > 0) {
    }
    EXPECT_EQ(open, 0);
    return let_through;
  }

  test::TestContext ctx;
  redis::Client client;
  telemetry::Metrics metrics;
};

class RateLimiterWithoutRedis : public RateLimiterTest {
 protected:
  RateLimiterWithoutRedis() : RateLimiterTest("redis://127.0.0.1:1") {}
};

}  // namespace

TEST_F(RateLimiterTest, refuses_in_the_contracts_words_and_says_when_to_come_back) {
  RateLimiter limiter(client, metrics);
  EXPECT_FALSE(refused(limiter, {bucket("words", 1)}));
  const auto error = refused(limiter, {bucket("words", 1)});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->to_json(), boost::json::parse(R"({"name":"TooManyRequest","reason":"RateLimited",
    "message":"request rate limited","code":429,"info":{"bucket_name":"VerifyPasswordPerIP",
    "rate_limit":{"name":"authentication.password.per_ip","group":"authentication.password"},
    "rate_limit_name":"authentication.password"}})")
                                  .as_object());
  EXPECT_EQ(error->retry_after(), 60);
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("VerifyPasswordPerIP"));
}

TEST_F(RateLimiterTest, a_bucket_fills_again_with_time) {
  RateLimiter limiter(client, metrics);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(refused(limiter, {bucket("time", 3)}));
  }
  EXPECT_TRUE(refused(limiter, {bucket("time", 3)}));
  ctx.clock.advance(20s);
  EXPECT_FALSE(refused(limiter, {bucket("time", 3)}));
  EXPECT_TRUE(refused(limiter, {bucket("time", 3)}));
}

TEST_F(RateLimiterTest, takes_from_all_buckets_or_from_none) {
  RateLimiter limiter(client, metrics);
  EXPECT_FALSE(refused(limiter, {bucket("none-b", 1)}));
  EXPECT_TRUE(refused(limiter, {bucket("none-a", 1), bucket("none-b", 1)}));
  EXPECT_FALSE(refused(limiter, {bucket("none-a", 1)}));
}

TEST_F(RateLimiterTest, passes_over_what_is_disabled) {
  RateLimiter limiter(client, metrics);
  Bucket off = bucket("off", 1);
  off.limit.enabled = false;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(refused(limiter, {off, Bucket{}}));
  }
}

TEST_F(RateLimiterTest, gives_back_what_a_success_did_not_spend) {
  RateLimiter limiter(client, metrics);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(refused(limiter, {bucket("back", 1)}));
    ctx.run(limiter.give_back(ctx, {bucket("back", 1)}));
  }
}

TEST_F(RateLimiterTest, lesson_23_a_thousand_parallel_guesses_over_two_processes_are_evaluated_as_often_as_configured) {
  RateLimiter one(client, metrics);
  redis::Client other_client(ctx.io, {.url = test::RedisServer::shared().url()});
  RateLimiter two(other_client, metrics);
  EXPECT_EQ(evaluated(one, bucket("parallel", 10)) + evaluated(two, bucket("parallel", 10)), 10);
  other_client.close();
}

TEST_F(RateLimiterTest, the_first_refusal_of_a_bucket_in_a_minute_is_an_event) {
  RateLimiter limiter(client, metrics);
  for (int i = 0; i < 4; ++i) {
    refused(limiter, {bucket("event", 1)});
  }
  static constexpr postgres::Sql kSql = "SELECT payload FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'event'";
  const auto events = ctx.run(ctx->db().all<boost::json::object>(kSql, ctx->app_id()));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events.at(0).at("type"), "rate_limit.blocked");
  EXPECT_EQ(events.at(0).at("payload").at("rate_limit").at("group"), "authentication.password");
}

TEST_F(RateLimiterWithoutRedis, counts_for_the_process_and_not_for_each_core) {
  const auto local = std::make_shared<LocalWindows>();
  RateLimiter one(client, metrics, local);
  RateLimiter two(client, metrics, local);
  EXPECT_FALSE(refused(one, {bucket("process", 2)}));
  EXPECT_FALSE(refused(two, {bucket("process", 2)}));
  EXPECT_TRUE(refused(one, {bucket("process", 2)}));
  EXPECT_TRUE(refused(two, {bucket("process", 2)}));
}

TEST_F(RateLimiterWithoutRedis, limits_go_on_in_the_process) {
  RateLimiter limiter(client, metrics);
  EXPECT_FALSE(refused(limiter, {bucket("local", 2)}));
  EXPECT_FALSE(refused(limiter, {bucket("local", 2)}));
  EXPECT_EQ(refused(limiter, {bucket("local", 2)})->reason(), "RateLimited");
  ctx.clock.advance(30s);
  EXPECT_FALSE(refused(limiter, {bucket("local", 2)}));
  EXPECT_EQ(evaluated(limiter, bucket("local-parallel", 10)), 10);
}

}  // namespace gatehouse::protection
