#include "domain/verification/one_time_code.h"

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "domain/message/mail_message.h"
#include "platform/telemetry/metrics.h"
#include "support/postgres_server.h"
#include "support/redis_server.h"
#include "support/test_project.h"

namespace gatehouse::verification {
namespace {

using namespace std::chrono_literals;

test::TestProject test_project() {
  test::TestProject project("otp" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
  project.database(test::fresh_database());
  return project;
}

class OneTimeCode : public testing::Test {
 protected:
  explicit OneTimeCode(const test::TestProject& project = test_project())
      : ctx(project.build()), client(ctx.io, {.url = test::RedisServer::shared().url()}) {}
  ~OneTimeCode() override {
    client.close();
    ctx.database->close();
    ctx.io.restart();
    ctx.io.poll();
  }

  SentCode send(const std::string& need = "send-1") {
    return ctx.run(codes.send(ctx, {.purpose = "verification",
                                    .target = "person@example.com",
                                    .message = "verification",
                                    .need_key = need,
                                    .user = std::nullopt}));
  }
  std::vector<std::string> mailed() {
    static constexpr postgres::Sql kSql =
        "SELECT id, sealed FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'mail' ORDER BY id";
    const auto result = ctx.run(ctx->db().run(kSql, postgres::Params(ctx->app_id())));
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < result.rows(); ++i) {
      const auto mail =
          message::open(keys, ctx->app_id(), std::string(*result.at(i, 0)), std::string(*result.at(i, 1)));
      sent.push_back(mail->variables.at("Code"));
    }
    return sent;
  }
  CodeVerdict check(const std::string& code, const std::string& need,
                    const std::string& target = "person@example.com") {
    return ctx.run(codes.check(ctx, "verification", target, code, need));
  }
  static std::string other_than(const std::string& code) { return code == "000000" ? "000001" : "000000"; }

  test::TestContext ctx;
  redis::Client client;
  telemetry::Metrics metrics;
  protection::RateLimiter limiter{client, metrics};
  crypto::KeyRing keys = crypto::KeyRing::parse(crypto::KeyRing::generate());
  OneTimeCodes codes{limiter, keys};
};

test::TestProject with_revocation() {
  test::TestProject project = test_project();
  project.config.verification.email_max_failed_attempts_revoke_otp = 3;
  project.config.verification.email_validate_per_ip = {};
  return project;
}

class RevokedOneTimeCode : public OneTimeCode {
 protected:
  RevokedOneTimeCode() : OneTimeCode(with_revocation()) {}
};

test::TestProject with_fixed_code() {
  test::TestProject project = test_project();
  project.config.test_mode.fixed_oob_otp_enabled = true;
  return project;
}

class FixedOneTimeCode : public OneTimeCode {
 protected:
  FixedOneTimeCode() : OneTimeCode(with_fixed_code()) {}
};

}  // namespace

TEST_F(OneTimeCode, is_six_digits_mailed_and_right_once) {
  const SentCode sent = send();
  EXPECT_EQ(sent.expires_at, ctx->now() + 5min);
  EXPECT_EQ(sent.can_resend_at, ctx->now() + 1min);
  const auto mails = mailed();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails.at(0), testing::MatchesRegex("[0-9]{6}"));
  EXPECT_EQ(check(mails.at(0), "check-1"), CodeVerdict::right);
  EXPECT_EQ(check(mails.at(0), "check-2"), CodeVerdict::expired);
}

TEST_F(OneTimeCode, the_same_question_gets_the_same_answer) {
  const SentCode first = send();
  ctx.clock.advance(10s);
  const SentCode again = send();
  EXPECT_EQ(first.expires_at, again.expires_at);
  EXPECT_EQ(first.can_resend_at, again.can_resend_at);
  ASSERT_EQ(mailed().size(), 1U);
  const std::string code = mailed().at(0);
  EXPECT_EQ(check(code, "check-1"), CodeVerdict::right);
  EXPECT_EQ(check(code, "check-1"), CodeVerdict::right);
}

TEST_F(OneTimeCode, a_wrong_code_does_not_consume_it) {
  send();
  const std::string code = mailed().at(0);
  EXPECT_EQ(check(other_than(code), "check-1"), CodeVerdict::wrong);
  EXPECT_EQ(check("", "check-2"), CodeVerdict::wrong);
  EXPECT_EQ(check(code, "check-3"), CodeVerdict::right);
}

TEST_F(OneTimeCode, dies_when_its_time_is_over) {
  send();
  const std::string code = mailed().at(0);
  ctx.clock.advance(5min);
  EXPECT_EQ(check(code, "check-1"), CodeVerdict::expired);
}

TEST_F(OneTimeCode, belongs_to_its_target_and_purpose) {
  send();
  const std::string code = mailed().at(0);
  EXPECT_EQ(check(code, "check-1", "other@example.com"), CodeVerdict::expired);
  EXPECT_EQ(ctx.run(codes.check(ctx, "login", "person@example.com", code, "check-2")), CodeVerdict::expired);
}

TEST_F(OneTimeCode, a_new_one_replaces_the_old_after_the_cooldown) {
  send("send-1");
  const std::string old = mailed().at(0);
  try {
    send("send-2");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason(), "RateLimited");
    EXPECT_EQ(error.info().at("bucket_name"), "VerificationCooldownEmail");
  }
  ctx.clock.advance(1min);
  send("send-2");
  const auto mails = mailed();
  ASSERT_EQ(mails.size(), 2U);
  if (mails.at(1) != old) {
    EXPECT_EQ(check(old, "check-1"), CodeVerdict::wrong);
  }
  EXPECT_EQ(check(mails.at(1), "check-2"), CodeVerdict::right);
}

TEST_F(OneTimeCode, is_stored_as_a_mac_that_tells_nothing) {
  send();
  static constexpr postgres::Sql kSql = "SELECT o::text FROM _gatehouse_otp AS o WHERE app_id = $1";
  const auto row = ctx.run(ctx->db().one<std::string>(kSql, ctx->app_id()));
  EXPECT_EQ(row.find("person@example.com"), std::string::npos);
  EXPECT_EQ(row.find(mailed().at(0)), std::string::npos);
}

TEST_F(OneTimeCode, guesses_from_one_address_are_limited) {
  send();
  const std::string wrong = other_than(mailed().at(0));
  int evaluated = 0;
  try {
    for (; evaluated < 100; ++evaluated) {
      check(wrong, "check-" + std::to_string(evaluated));
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.info().at("bucket_name"), "VerificationValidateEmailPerIP");
  }
  EXPECT_EQ(evaluated, 60);
}

TEST_F(OneTimeCode, lesson_4_of_parallel_right_answers_one_is_right) {
  send();
  const std::string code = mailed().at(0);
  int right = 0;
  int open = 50;
  const auto ask = [](OneTimeCodes& by, std::unique_ptr<project::Context> own, std::string with, std::string need,
                      int& count) -> Task<void> {
    const auto verdict = co_await by.check(*own, "verification", "person@example.com", with, need);
    count += verdict == CodeVerdict::right ? 1 : 0;
  };
  for (int i = 0; i < 50; ++i) {
    asio::co_spawn(ctx.io.get_executor(), ask(codes, ctx.another(), code, "check-" + std::to_string(i), right),
                   [&](std::exception_ptr failed) {
                     EXPECT_FALSE(failed);
                     --open;
                   });
  }
  ctx.io.restart();
  while (open > 0 && ctx.io.run_one_for(10s) > 0) {
  }
  EXPECT_EQ(right, 1);
}

TEST_F(RevokedOneTimeCode, dies_with_the_configured_number_of_wrong_guesses) {
  send();
  const std::string code = mailed().at(0);
  const std::string wrong = other_than(code);
  EXPECT_EQ(check(wrong, "check-1"), CodeVerdict::wrong);
  EXPECT_EQ(check(wrong, "check-2"), CodeVerdict::wrong);
  EXPECT_EQ(check(wrong, "check-3"), CodeVerdict::too_many_attempts);
  EXPECT_EQ(check(code, "check-4"), CodeVerdict::too_many_attempts);
  ctx.clock.advance(1min);
  send("send-2");
  EXPECT_EQ(check(mailed().at(1), "check-5"), CodeVerdict::right);
}

TEST_F(RevokedOneTimeCode, lesson_23_a_thousand_parallel_guesses_are_evaluated_as_often_as_configured) {
  send();
  const std::string wrong = other_than(mailed().at(0));
  int open = 100;  // at once; the connection's pipeline is as deep
  const auto guess = [](OneTimeCodes& by, std::unique_ptr<project::Context> own, std::string with,
                        int from) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      const auto verdict =
          co_await by.check(*own, "verification", "person@example.com", with, "check-" + std::to_string(from + i));
      EXPECT_NE(verdict, CodeVerdict::right);
    }
  };
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(ctx.io.get_executor(), guess(codes, ctx.another(), wrong, i * 10), [&](std::exception_ptr failed) {
      EXPECT_FALSE(failed);
      --open;
    });
  }
  ctx.io.restart();
  while (open > 0 && ctx.io.run_one_for(10s) > 0) {
  }
  static constexpr postgres::Sql kSql = "SELECT failed_attempts FROM _gatehouse_otp WHERE app_id = $1";
  EXPECT_EQ(ctx.run(ctx->db().one<std::int32_t>(kSql, ctx->app_id())), 3);
}

TEST_F(FixedOneTimeCode, is_111111_where_the_features_file_says_so) {
  send();
  EXPECT_EQ(mailed().at(0), "111111");
  EXPECT_EQ(check("111111", "check-1"), CodeVerdict::right);
}

}  // namespace gatehouse::verification
