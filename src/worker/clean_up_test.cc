#include "worker/clean_up.h"

#include <boost/json.hpp>

#include "domain/protection/lockout.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::worker {

using namespace std::chrono_literals;

TEST(CleanUp, removes_what_is_over_in_bites_and_keeps_what_is_not) {
  test::TestContext ctx(test::TestProject{}.database(test::fresh_database()).build());
  static constexpr postgres::Sql kFill =
      "INSERT INTO _gatehouse_otp (app_id, purpose, target_hash, code_mac, key_id, created_at, expires_at, expires_on) "
      "SELECT $1, 'verification', int4send(n), 'x', 'k', $2, $2, current_date FROM generate_series(1, $3::int) AS n";
  static constexpr postgres::Sql kCount = "SELECT count(*) FROM _gatehouse_otp WHERE app_id = $1";
  ctx.run(ctx->db().execute(kFill, ctx->app_id(), ctx->now() - 25h, 5003));
  EXPECT_EQ(ctx.run(clean_up(*ctx.database, ctx, ctx->now())), 5003);
  ctx.run(ctx->db().execute(kFill, ctx->app_id(), ctx->now() - 23h, 10));
  EXPECT_EQ(ctx.run(clean_up(*ctx.database, ctx, ctx->now())), 0);
  EXPECT_EQ(ctx.run(ctx->db().one<std::int64_t>(kCount, ctx->app_id())), 10);
}

TEST(CleanUp, keeps_attempts_for_as_long_as_they_count) {
  test::TestProject project;
  project.config.authentication.lockout = {.max_attempts = 1,
                                           .history_duration = 1h,
                                           .minimum_duration = 1min,
                                           .maximum_duration = 2h,
                                           .password_enabled = true};
  test::TestContext ctx(project.database(test::fresh_database()).build());
  protection::Lockout lockout;
  const UserId nobody{"nobody"};
  ctx.run(lockout.reserve(ctx, nobody, "password"));
  ctx.clock.advance(30min);
  ctx.run(lockout.reserve(ctx, nobody, "password"));  // renews what went before
  const auto cleaned_after = [&](Micros time) { return ctx.run(clean_up(*ctx.database, ctx, ctx->now() + time)); };
  EXPECT_EQ(cleaned_after(24h + 2h), 0);
  EXPECT_EQ(cleaned_after(24h + 2h + 1s), 1);
}

}  // namespace gatehouse::worker
