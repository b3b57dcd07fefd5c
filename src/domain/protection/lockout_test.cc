#include "domain/protection/lockout.h"

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "platform/base/uuid.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::protection {
namespace {

using namespace std::chrono_literals;

project::Handle project_with(const std::string& url, bool per_ip) {
  test::TestProject project;
  project.database(url);
  project.config.authentication.lockout = {.max_attempts = 3,
                                           .history_duration = 1h,
                                           .minimum_duration = 1min,
                                           .maximum_duration = 5min,
                                           .backoff_factor = 2,
                                           .per_ip = per_ip,
                                           .password_enabled = true};
  return project.build();
}

class LockoutTest : public testing::Test {
 protected:
  explicit LockoutTest(bool per_ip = false) : ctx(project_with(test::fresh_database(), per_ip)) {
    static constexpr postgres::Sql kSql =
        "INSERT INTO _auth_user (id, app_id, created_at, updated_at, is_disabled) VALUES ($1, $2, $3, $3, false)";
    ctx.run(ctx->db().execute(kSql, user, ctx->app_id(), ctx->now()));
  }
  // When the user is locked out until; nothing if the attempt may go on.
  std::optional<std::string> refused(project::Context& by, const std::string& method = "password") {
    try {
      ctx.run(lockout.reserve(by, user, method));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::too_many_request);
      EXPECT_EQ(error.reason(), "AccountLockout");
      return std::string(error.info().at("until").as_string());
    }
    return std::nullopt;
  }
  void attempts(int count) {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(refused(ctx), std::nullopt) << i;
    }
  }

  test::TestContext ctx;
  Lockout lockout;
  UserId user{uuid_v4()};
};

class LockoutPerIp : public LockoutTest {
 protected:
  LockoutPerIp() : LockoutTest(true) {}
};

}  // namespace

TEST_F(LockoutTest, locks_after_the_configured_number_of_attempts_and_says_until_when) {
  const TimePoint start = ctx->now();
  attempts(3);
  EXPECT_EQ(refused(ctx), rfc3339(start + 1min));
  ctx.clock.advance(59s);
  EXPECT_TRUE(refused(ctx));
  ctx.clock.advance(1s);
  EXPECT_EQ(refused(ctx), std::nullopt);
}

TEST_F(LockoutTest, each_failure_after_a_lock_locks_for_longer_up_to_the_maximum) {
  attempts(3);
  for (const Micros locked : {Micros{1min}, Micros{2min}, Micros{4min}, Micros{5min}, Micros{5min}}) {
    EXPECT_EQ(refused(ctx), rfc3339(ctx->now() + locked));
    ctx.clock.advance(locked);
    attempts(1);
  }
}

TEST_F(LockoutTest, attempts_are_forgotten_after_their_history) {
  attempts(2);
  ctx.clock.advance(1h);
  attempts(3);
  EXPECT_TRUE(refused(ctx));
}

TEST_F(LockoutTest, success_forgets_the_attempts_and_the_lock_that_its_own_reservation_set) {
  attempts(3);
  postgres::Batch batch;
  lockout.succeeded(batch, ctx, user);
  ctx.run(ctx->commit(batch));
  attempts(3);
  EXPECT_TRUE(refused(ctx));
}

TEST_F(LockoutTest, a_method_for_which_it_is_off_is_not_counted) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(refused(ctx, "oob_otp"), std::nullopt);
  }
  attempts(3);
}

TEST_F(LockoutTest, a_user_who_is_gone_is_nobody_to_lock) {
  EXPECT_NO_THROW(ctx.run(lockout.reserve(ctx, UserId{uuid_v4()}, "password")));
}

TEST_F(LockoutTest, lesson_23_parallel_guesses_do_not_slip_through) {
  int let_through = 0;
  int open = 1000;
  Lockout second_process;
  const auto guess = [](Lockout& by, std::unique_ptr<project::Context> own, UserId of, int& count) -> Task<void> {
    try {
      co_await by.reserve(*own, of, "password");
      ++count;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::too_many_request);
    }
  };
  for (int i = 0; i < 1000; ++i) {
    asio::co_spawn(ctx.io.get_executor(),
                   guess(i % 2 == 0 ? lockout : second_process, ctx.another(), user, let_through),
                   [&](std::exception_ptr) { --open; });
  }
  ctx.io.restart();
  while (open > 0 && ctx.io.run_one_for(10s) > 0) {
  }
  EXPECT_EQ(open, 0);
  EXPECT_LE(let_through, 3);
  EXPECT_GE(let_through, 1);
}

TEST_F(LockoutPerIp, another_address_is_not_locked) {
  attempts(3);
  EXPECT_TRUE(refused(ctx));
  const auto other = ctx.another();
  other->client_ip = "198.51.100.7";
  EXPECT_EQ(refused(*other), std::nullopt);
}

TEST_F(LockoutTest, somebody_who_does_not_exist_is_locked_like_anybody) {
  user = UserId(uuid_v4());
  const TimePoint start = ctx->now();
  attempts(3);
  EXPECT_EQ(refused(ctx), rfc3339(start + 1min));
  ctx.clock.advance(1min);
  EXPECT_EQ(refused(ctx), std::nullopt);
}

}  // namespace gatehouse::protection
