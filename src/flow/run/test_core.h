#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "flow/run/flow_runner.h"
#include "platform/base/uuid.h"
#include "support/postgres_server.h"
#include "support/redis_server.h"
#include "support/test_project.h"

// One core with everything that flows run on, for their tests.
namespace gatehouse::flow {

inline const crypto::KeyRing& test_keys() {
  static const auto keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  return keys;
}

inline CpuPool& test_pool() {
  static CpuPool pool({.threads = 2});
  return pool;
}

// A project of its own in the shared Redis, in a database of its own.
inline test::TestProject fresh_project() {
  test::TestProject project("flow-" + uuid_v4().substr(0, 8));
  project.database(test::fresh_database()).redis(test::RedisServer::shared().url());
  project.config.test_mode.fixed_oob_otp_enabled = true;
  project.config.test_mode.fixed_oob_otp_code = "111111";
  return project;
}

class Core {
 public:
  explicit Core(const test::TestProject& project,
                authenticator::HashFormat format = authenticator::HashFormat::argon2id)
      : ctx(project.build()),
        redis(ctx.io, {.url = test::RedisServer::shared().url()}),
        hasher(test_pool(), format),
        passwords(hasher),
        limiter(redis, metrics, std::make_shared<protection::LocalWindows>(), 0),
        codes(limiter, test_keys()),
        revocations(*ctx.database, uuid_v4()),
        sessions(revocations),
        finished_sign_ins(test_keys()),
        runner(make_runner({.redis = redis,
                            .keys = test_keys(),
                            .login_ids = login_ids,
                            .users = users,
                            .hasher = hasher,
                            .passwords = passwords,
                            .codes = codes,
                            .limiter = limiter,
                            .lockout = lockout,
                            .sessions = sessions,
                            .finished_sign_ins = finished_sign_ins})) {
    ctx->client_ip = "192.0.2.1";
  }

  Reply create(Start start) { return ctx.run(runner->create(ctx, std::move(start))); }
  Reply create(std::string type) { return create(Start{.type = std::move(type)}); }
  Reply feed(const std::string& token, boost::json::object input) {
    return ctx.run(runner->feed(ctx, token, std::move(input)));
  }
  Reply show(const std::string& token) { return ctx.run(runner->show(ctx, token, "")).reply; }

  // The first column, for a statement whose $1 is the project's id.
  std::vector<std::string> texts(postgres::Sql sql) { return ctx.run(ctx->db().all<std::string>(sql, ctx->app_id())); }
  std::string text(postgres::Sql sql) {
    const auto all = texts(sql);
    return all.size() == 1 ? all.front() : "not one row, but " + std::to_string(all.size());
  }
  void write(postgres::Sql sql) { ctx.run(ctx->db().execute(sql, ctx->app_id())); }

  test::TestContext ctx;
  telemetry::Metrics metrics;
  redis::Client redis;
  identity::LoginIds login_ids;
  user::Users users;
  authenticator::PasswordHasher hasher;
  authenticator::Passwords passwords;
  protection::RateLimiter limiter;
  protection::Lockout lockout;
  verification::OneTimeCodes codes;
  session::RevocationFeed revocations;
  session::Sessions sessions;
  sign_in::FinishedSignIns finished_sign_ins;
  std::unique_ptr<Runner> runner;
};

}  // namespace gatehouse::flow
