#include "domain/authenticator/password.h"

#include "domain/authenticator/password_hash.h"
#include "domain/user/users.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::authenticator {
namespace {

using namespace std::chrono_literals;

class PasswordsInDatabase : public testing::Test {
 protected:
  PasswordsInDatabase() : PasswordsInDatabase(project::PasswordPolicy{}) {}
  explicit PasswordsInDatabase(const project::PasswordPolicy& policy) : ctx_(project_with(policy)) {
    User user;
    user.id = user_;
    user.created_at = user.updated_at = ctx_->now();
    postgres::Batch batch;
    user::Users().insert(batch, *ctx_, user);
    ctx_.run(ctx_->commit(std::move(batch)));
  }

  static project::Handle project_with(const project::PasswordPolicy& policy) {
    static const std::string url = test::fresh_database();
    test::TestProject project(uuid_v4());
    project.config.password.policy = policy;
    return project.database(url).build();
  }

  PasswordAuthenticator made_of(const std::string& text) {
    PasswordAuthenticator password;
    password.id = id_;
    password.user_id = user_;
    password.created_at = password.updated_at = ctx_->now();
    password.kind = "primary";
    password.password_hash = ctx_.run(hasher_.hash(*ctx_, Password(text)));
    return password;
  }

  void insert(const std::string& text) {
    const auto password = made_of(text);
    postgres::Batch batch;
    passwords_.insert(batch, *ctx_, password);
    ctx_.run(ctx_->commit(std::move(batch)));
  }

  void change(const std::string& text) {
    const auto password = made_of(text);
    postgres::Batch batch;
    passwords_.change(batch, *ctx_, password);
    ctx_.run(ctx_->commit(std::move(batch)));
  }

  bool reused(const std::string& text) {
    try {
      ctx_.run(passwords_.check_history(*ctx_, user_, Password(text)));
      return false;
    } catch (const Error& error) {
      EXPECT_EQ(error.reason(), "PasswordPolicyViolated");
      const auto& policy = ctx_->config().password.policy;
      EXPECT_EQ(error.info().at("causes"),
                (boost::json::array{
                    {{"Name", "PasswordReused"},
                     {"Info", {{"history_size", policy.history_size}, {"history_days", policy.history_days}}}}}));
      return true;
    }
  }

  std::int64_t remembered() {
    static constexpr postgres::Sql kSql =
        "SELECT count(*) FROM _auth_password_history WHERE app_id = $1 AND user_id = $2";
    return ctx_.run(ctx_->db().one<std::int64_t>(kSql, ctx_->app_id(), user_));
  }

  UserId user_{uuid_v4()};
  AuthenticatorId id_{uuid_v4()};
  test::TestContext ctx_;
  CpuPool pool_{{.threads = 1}};
  PasswordHasher hasher_{pool_, HashFormat::argon2id};
  Passwords passwords_{hasher_};
};

TEST_F(PasswordsInDatabase, a_password_is_stored_and_verified) {
  insert("correct horse");
  const auto stored = ctx_.run(passwords_.of_user(*ctx_, user_));
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].kind, "primary");
  EXPECT_FALSE(stored[0].expire_after);
  const auto right = ctx_.run(hasher_.verify(*ctx_, Password("correct horse"), stored[0].password_hash));
  EXPECT_TRUE(right.matches);
  EXPECT_FALSE(right.new_hash);
  const auto wrong = ctx_.run(hasher_.verify(*ctx_, Password("incorrect horse"), stored[0].password_hash));
  EXPECT_FALSE(wrong.matches);
  EXPECT_FALSE(wrong.new_hash);
}

TEST_F(PasswordsInDatabase, an_old_format_is_replaced_at_the_next_right_password_only) {
  const std::string old = hash_password(HashFormat::bcrypt_sha512, "password 726");
  EXPECT_FALSE(ctx_.run(hasher_.verify(*ctx_, Password("password 727"), old)).new_hash);
  const auto verdict = ctx_.run(hasher_.verify(*ctx_, Password("password 726"), old));
  ASSERT_TRUE(verdict.matches);
  ASSERT_TRUE(verdict.new_hash);
  EXPECT_TRUE(is_current(HashFormat::argon2id, *verdict.new_hash));
  EXPECT_EQ(match_password("password 726", *verdict.new_hash), HashMatch::yes);
}

TEST_F(PasswordsInDatabase, while_a_database_is_reversible_hashes_stay_in_its_format) {
  PasswordHasher reversible(pool_, HashFormat::bcrypt_sha512);
  const std::string stored = ctx_.run(reversible.hash(*ctx_, Password("x")));
  EXPECT_TRUE(stored.starts_with("$bcrypt-sha512$"));
  EXPECT_FALSE(ctx_.run(reversible.verify(*ctx_, Password("x"), stored)).new_hash);
  const auto plain = ctx_.run(reversible.verify(*ctx_, Password("correct horse"),
                                                "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu"));
  ASSERT_TRUE(plain.new_hash);
  EXPECT_TRUE(plain.new_hash->starts_with("$bcrypt-sha512$"));
}

TEST_F(PasswordsInDatabase, a_stored_hash_that_cannot_be_read_is_logged_without_itself) {
  testing::internal::CaptureStderr();
  const auto verdict = ctx_.run(hasher_.verify(*ctx_, Password("marker-password"), "$marker-hash$"));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(verdict.matches);
  EXPECT_FALSE(verdict.new_hash);
  EXPECT_THAT(log, testing::HasSubstr("cannot be read"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("marker")));
}

TEST_F(PasswordsInDatabase, a_rehash_loses_against_a_password_that_was_changed_meanwhile) {
  insert("one");
  const std::string verified = ctx_.run(passwords_.of_user(*ctx_, user_))[0].password_hash;
  change("two");
  const std::string changed = ctx_.run(passwords_.of_user(*ctx_, user_))[0].password_hash;
  postgres::Batch late;
  passwords_.rehash(late, *ctx_, id_, verified, "rehash of one");
  ctx_.run(ctx_->commit(std::move(late)));
  EXPECT_EQ(ctx_.run(passwords_.of_user(*ctx_, user_))[0].password_hash, changed);
  postgres::Batch in_time;
  passwords_.rehash(in_time, *ctx_, id_, changed, "rehash of two");
  ctx_.run(ctx_->commit(std::move(in_time)));
  EXPECT_EQ(ctx_.run(passwords_.of_user(*ctx_, user_))[0].password_hash, "rehash of two");
}

TEST_F(PasswordsInDatabase, without_a_history_policy_any_password_may_come_again_and_one_is_kept) {
  insert("one");
  change("two");
  EXPECT_FALSE(reused("one"));
  EXPECT_FALSE(reused("two"));
  EXPECT_EQ(remembered(), 1);
}

class PasswordsWithSize : public PasswordsInDatabase {
 protected:
  PasswordsWithSize() : PasswordsInDatabase({.history_size = 2}) {}
};

TEST_F(PasswordsWithSize, the_last_ones_may_not_come_again) {
  insert("one");
  ctx_.clock.advance(1s);
  change("two");
  ctx_.clock.advance(1s);
  EXPECT_TRUE(reused("one"));
  change("three");
  EXPECT_FALSE(reused("one"));
  EXPECT_TRUE(reused("two"));
  EXPECT_TRUE(reused("three"));
  EXPECT_EQ(remembered(), 2);
}

class PasswordsWithDays : public PasswordsInDatabase {
 protected:
  PasswordsWithDays() : PasswordsInDatabase({.history_days = 1}) {}
};

TEST_F(PasswordsWithDays, those_since_the_beginning_of_that_day_may_not_come_again) {
  insert("one");
  ctx_.clock.advance(1s);
  change("two");
  EXPECT_TRUE(reused("one"));
  ctx_.clock.advance(48h);
  EXPECT_FALSE(reused("one"));
  EXPECT_FALSE(reused("two"));
  change("three");
  EXPECT_EQ(remembered(), 1);
}

}  // namespace
}  // namespace gatehouse::authenticator
