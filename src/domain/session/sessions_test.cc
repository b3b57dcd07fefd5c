#include "domain/session/sessions.h"

#include "support/token_process.h"

namespace gatehouse::session {
namespace {

using test::Process;
using test::TestProject;

class IdpSession : public testing::Test {
 protected:
  IdpSession() { build(TestProject{}); }

  void build(TestProject builder) {
    if (url_.empty()) {
      url_ = test::fresh_database();
    }
    project_ = builder.database(url_).build();
    a_ = std::make_unique<Process>(project_);
    b_ = std::make_unique<Process>(project_);
    user_ = a_->add_user();
  }

  static std::optional<Session> resolve(Process& process, const std::string& token) {
    return process.run(process.sessions.resolve(process.core, token));
  }
  // Round trips of one request.
  static std::uint64_t round_trips(Process& process, const std::string& token) {
    const auto ctx = process.core.another();
    EXPECT_TRUE(process.run(process.sessions.resolve(*ctx, token)));
    return ctx->postgres_round_trips;
  }
  static void revoke(Process& process, const SessionId& id) {
    postgres::Batch batch;
    process.sessions.revoke(batch, process.core, id);
    process.commit(std::move(batch));
  }
  void advance(Micros time) {
    a_->core.clock.advance(time);
    b_->core.clock.advance(time);
  }
  void set_user(postgres::Sql sql) { a_->execute(sql, postgres::Params(a_->core->app_id(), user_)); }

  std::string url_;
  project::Handle project_;
  std::unique_ptr<Process> a_;
  std::unique_ptr<Process> b_;
  UserId user_;
};

TEST_F(IdpSession, is_found_by_its_cookies_value_on_every_process) {
  const auto opened = a_->open_session(user_);
  for (Process* process : {a_.get(), b_.get()}) {
    const auto found = resolve(*process, opened.token);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, opened.session.id);
    EXPECT_EQ(found->user_id, user_);
    EXPECT_EQ(found->amr, std::vector<std::string>{"pwd"});
    EXPECT_EQ(found->authenticated_at, a_->core->now());
    EXPECT_EQ(found->token_hash, crypto::sha256_hex(opened.token));
  }
}

TEST_F(IdpSession, is_not_found_by_anything_else) {
  const auto opened = a_->open_session(user_);
  const auto other = a_->open_session(user_);
  const std::string id = opened.session.id.str();
  for (const std::string& token :
       {std::string(), id, id + ".", id + "." + std::string(32, 'a'), id + "." + other.token.substr(37),
        opened.token + "a", opened.token.substr(0, 68), opened.token + std::string(1, '\0'), opened.session.token_hash,
        std::string(36, 'x') + opened.token.substr(36), "'" + opened.token.substr(1)}) {
    EXPECT_FALSE(resolve(*a_, token)) << token;
  }
  Process elsewhere(TestProject{"other"}.database(url_).build());
  EXPECT_FALSE(resolve(elsewhere, opened.token));
}

TEST_F(IdpSession, takes_no_round_trip_with_a_warm_cache) {
  const auto opened = a_->open_session(user_);
  EXPECT_EQ(round_trips(*a_, opened.token), 1u);
  EXPECT_EQ(round_trips(*a_, opened.token), 0u);
}

TEST_F(IdpSession, is_read_again_after_a_minute) {
  const auto opened = a_->open_session(user_);
  std::uint64_t trips = round_trips(*a_, opened.token);
  for (int second = 0; second < 70; ++second) {
    a_->stop_for(Seconds{1});
    trips += round_trips(*a_, opened.token);
  }
  EXPECT_EQ(trips, 2u);
}

TEST_F(IdpSession, is_forgotten_by_the_cache_when_others_are_used_more) {
  Sessions small(a_->feed, 2);
  const auto first = a_->open_session(user_);
  const auto second = a_->open_session(user_);
  const auto third = a_->open_session(user_);
  const auto trips = [&](const OpenedSession& opened) {
    const auto ctx = a_->core.another();
    EXPECT_TRUE(a_->run(small.resolve(*ctx, opened.token)));
    return ctx->postgres_round_trips;
  };
  EXPECT_EQ(trips(first) + trips(second), 2u);
  EXPECT_EQ(trips(first), 0u);
  EXPECT_EQ(trips(third), 1u);
  EXPECT_EQ(trips(first), 0u);
  EXPECT_EQ(trips(second), 1u);
}

TEST_F(IdpSession, ends_with_its_lifetime_however_often_it_is_used) {
  TestProject builder;
  builder.config.session.lifetime = Seconds{1000};
  build(std::move(builder));
  const auto opened = a_->open_session(user_);
  advance(Seconds{999});
  EXPECT_TRUE(resolve(*a_, opened.token));
  advance(Seconds{1});
  EXPECT_FALSE(resolve(*a_, opened.token));
  EXPECT_FALSE(resolve(*b_, opened.token));
}

TEST_F(IdpSession, ends_when_the_configured_lifetime_becomes_shorter) {
  const auto opened = a_->open_session(user_);
  advance(Seconds{1000});
  TestProject builder;
  builder.config.session.lifetime = Seconds{1000};
  Process shorter(builder.database(url_).build());
  shorter.core.clock.advance(Seconds{1000});
  EXPECT_TRUE(resolve(*a_, opened.token));
  EXPECT_FALSE(resolve(shorter, opened.token));
}

TEST_F(IdpSession, takes_the_grants_along_when_the_configured_lifetime_becomes_shorter) {
  auto given = a_->code_grant(user_);
  given.session = a_->open_session(user_).session.id;
  given.sso_enabled = true;
  const auto tokens = a_->exchange(a_->add_code(given));
  TestProject builder;
  builder.config.session.lifetime = Seconds{1000};
  Process shorter(builder.database(url_).build());
  EXPECT_TRUE(shorter.access_token_works(tokens.access_token));
  advance(Seconds{1000});
  shorter.core.clock.advance(Seconds{1000});
  EXPECT_FALSE(shorter.access_token_works(tokens.access_token)) << "from the cache";
  Process fresh(builder.database(url_).build());
  fresh.core.clock.advance(Seconds{1000});
  EXPECT_FALSE(fresh.access_token_works(tokens.access_token));
  EXPECT_THROW(shorter.exchange(shorter.add_code(given)), client::OAuthError);
  EXPECT_FALSE(shorter.refresh_token_works(*tokens.refresh_token));
  EXPECT_TRUE(a_->refresh_token_works(*tokens.refresh_token));
}

TEST_F(IdpSession, ends_when_it_was_not_used_for_its_idle_timeout) {
  TestProject builder;
  builder.config.session.idle_timeout = Seconds{1000};
  build(std::move(builder));
  const auto opened = a_->open_session(user_);
  for (int i = 0; i < 3; ++i) {
    advance(Seconds{900});
    EXPECT_TRUE(resolve(*a_, opened.token));
    a_->run(a_->sessions.flush());
    EXPECT_TRUE(resolve(*b_, opened.token));
  }
  advance(Seconds{1000});
  EXPECT_FALSE(resolve(*a_, opened.token));
  EXPECT_FALSE(resolve(*b_, opened.token));
}

TEST_F(IdpSession, has_no_idle_timeout_where_that_is_off) {
  TestProject builder;
  builder.config.session.idle_timeout = Seconds{1000};
  builder.config.session.idle_timeout_enabled = false;
  build(std::move(builder));
  const auto opened = a_->open_session(user_);
  advance(Seconds{100'000});
  EXPECT_TRUE(resolve(*a_, opened.token));
}

TEST_F(IdpSession, has_its_last_use_written_at_most_every_five_minutes) {
  static constexpr postgres::Sql kLastAccess =
      "SELECT last_access_at FROM _gatehouse_session WHERE app_id = $1 AND id = $2";
  const auto opened = a_->open_session(user_);
  const auto written = [&] {
    EXPECT_TRUE(resolve(*a_, opened.token));
    a_->run(a_->sessions.flush());
    return a_->value<TimePoint>(kLastAccess, a_->core->app_id(), opened.session.id);
  };
  advance(Seconds{299});
  EXPECT_EQ(written(), opened.session.created_at);
  advance(Seconds{1});
  EXPECT_EQ(written(), opened.session.created_at + Seconds{300});
  advance(Seconds{299});
  EXPECT_EQ(written(), opened.session.created_at + Seconds{300});
}

TEST_F(IdpSession, is_used_by_refreshes_written_at_most_every_five_minutes) {
  static constexpr postgres::Sql kLastAccess =
      "SELECT last_access_at FROM _gatehouse_session WHERE app_id = $1 AND id = $2";
  auto given = a_->code_grant(user_);
  const auto session = a_->open_session(user_).session;
  given.session = session.id;
  given.sso_enabled = true;
  const auto token = *a_->exchange(a_->add_code(given)).refresh_token;
  const auto written = [&] {
    EXPECT_TRUE(a_->refresh_token_works(token));
    a_->run(a_->access_tokens.flush());
    return a_->value<TimePoint>(kLastAccess, a_->core->app_id(), session.id);
  };
  advance(Seconds{299});
  EXPECT_EQ(written(), session.created_at);
  advance(Seconds{1});
  EXPECT_EQ(written(), session.created_at + Seconds{300});
}

TEST_F(IdpSession, of_a_user_who_may_not_sign_in_is_void) {
  static constexpr postgres::Sql kClear =
      "UPDATE _auth_user SET is_disabled = false, is_deactivated = NULL, is_indefinitely_disabled = NULL, "
      "account_valid_from = NULL, account_valid_until = NULL, temporarily_disabled_from = NULL, "
      "temporarily_disabled_until = NULL, is_anonymized = false WHERE app_id = $1 AND id = $2";
  static constexpr postgres::Sql kChanges[] = {
      "UPDATE _auth_user SET is_disabled = true WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET is_deactivated = true WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET is_indefinitely_disabled = true WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET is_anonymized = true WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET account_valid_from = '2030-01-01' WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET account_valid_until = '2027-01-01' WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET temporarily_disabled_from = '2027-01-01', temporarily_disabled_until = '2028-01-01' "
      "WHERE app_id = $1 AND id = $2"};
  const auto opened = a_->open_session(user_);
  for (const auto& change : kChanges) {
    set_user(change);
    Process fresh(project_);
    EXPECT_FALSE(resolve(fresh, opened.token)) << change.text();
    set_user(kClear);
    EXPECT_TRUE(resolve(fresh, opened.token));
  }
}

// nobody tells the cache that a day has come
TEST_F(IdpSession, lesson_25_that_is_cached_ends_at_the_instant_from_which_its_user_may_not_sign_in) {
  static constexpr postgres::Sql kChanges[] = {
      "UPDATE _auth_user SET temporarily_disabled_from = NULL, temporarily_disabled_until = NULL, "
      "account_valid_until = $3::timestamptz AT TIME ZONE 'UTC' WHERE app_id = $1 AND id = $2",
      "UPDATE _auth_user SET account_valid_until = NULL, temporarily_disabled_from = $3::timestamptz AT TIME ZONE "
      "'UTC', "
      "temporarily_disabled_until = ($3::timestamptz + interval '1 day') AT TIME ZONE 'UTC' "
      "WHERE app_id = $1 AND id = $2"};
  const auto opened = a_->open_session(user_);
  for (const auto& change : kChanges) {
    Process fresh(project_);
    const TimePoint end = fresh.core.clock.now() + Seconds{30};
    fresh.execute(change, postgres::Params(fresh.core->app_id(), user_, end));
    EXPECT_EQ(round_trips(fresh, opened.token), 1u);
    fresh.core.clock.advance(Seconds{30} - Micros{1});
    EXPECT_EQ(round_trips(fresh, opened.token), 0u);
    fresh.core.clock.advance(Micros{1});
    EXPECT_FALSE(resolve(fresh, opened.token)) << change.text();
  }
}

TEST_F(IdpSession, whose_cached_end_was_put_off_meanwhile_is_read_again) {
  static constexpr postgres::Sql kUntil =
      "UPDATE _auth_user SET account_valid_until = $3::timestamptz AT TIME ZONE 'UTC' WHERE app_id = $1 AND id = $2";
  const auto opened = a_->open_session(user_);
  a_->execute(kUntil, postgres::Params(a_->core->app_id(), user_, a_->core->now() + Seconds{30}));
  EXPECT_TRUE(resolve(*a_, opened.token));
  b_->execute(kUntil, postgres::Params(a_->core->app_id(), user_, a_->core->now() + Seconds{60}));
  advance(Seconds{40});
  EXPECT_TRUE(resolve(*a_, opened.token));
  advance(Seconds{20});
  EXPECT_FALSE(resolve(*a_, opened.token));
}

TEST_F(IdpSession, ends_with_its_user) {
  static constexpr postgres::Sql kDelete = "DELETE FROM _auth_user WHERE app_id = $1 AND id = $2";
  const auto opened = a_->open_session(user_);
  set_user(kDelete);
  EXPECT_FALSE(resolve(*a_, opened.token));
}

// CVE-2025-29928: the next answer of every process knows it, at the latest once its lease is over
TEST_F(IdpSession, lesson_25_that_was_revoked_elsewhere_is_refused_once_the_lease_is_over) {
  const auto opened = a_->open_session(user_);
  ASSERT_TRUE(resolve(*b_, opened.token));
  ASSERT_TRUE(resolve(*b_, opened.token));
  revoke(*a_, opened.session.id);
  EXPECT_FALSE(resolve(*a_, opened.token));
  b_->stop_for(Micros{1'000'001});
  EXPECT_FALSE(b_->feed.fresh());
  EXPECT_FALSE(resolve(*b_, opened.token));
}

TEST_F(IdpSession, is_refused_by_a_process_that_was_stopped_for_twenty_seconds_while_it_was_revoked) {
  const auto opened = a_->open_session(user_);
  ASSERT_TRUE(resolve(*b_, opened.token));
  revoke(*a_, opened.session.id);
  b_->stop_for(Seconds{20});
  EXPECT_FALSE(resolve(*b_, opened.token));
}

TEST_F(IdpSession, that_was_answered_before_the_process_was_stopped_fails_the_last_check_after) {
  const auto opened = a_->open_session(user_);
  const auto session = resolve(*b_, opened.token);
  ASSERT_TRUE(session);
  const auto ticket = b_->sessions.ticket(b_->core, *session);
  EXPECT_TRUE(b_->feed.holds(ticket));
  revoke(*a_, opened.session.id);
  b_->stop_for(Seconds{20});
  EXPECT_FALSE(b_->feed.holds(ticket));
  b_->run(b_->feed.ensure_fresh(b_->core));
  EXPECT_FALSE(b_->feed.holds(ticket));
}

TEST_F(IdpSession, that_still_lives_passes_the_last_check_after_the_lease_was_renewed) {
  const auto opened = a_->open_session(user_);
  const auto session = resolve(*b_, opened.token);
  const auto ticket = b_->sessions.ticket(b_->core, *session);
  b_->stop_for(Seconds{5});
  EXPECT_FALSE(b_->feed.holds(ticket));
  b_->run(b_->feed.ensure_fresh(b_->core));
  EXPECT_TRUE(b_->feed.holds(ticket));
}

TEST_F(IdpSession, revoked_while_nobody_read_the_revocations_is_refused_though_they_are_too_old_to_be_read) {
  static constexpr postgres::Sql kAge =
      "UPDATE _gatehouse_revocation SET revoked_at = revoked_at - interval '1 hour' WHERE app_id = $1";
  const auto opened = a_->open_session(user_);
  ASSERT_TRUE(resolve(*b_, opened.token));
  revoke(*a_, opened.session.id);
  a_->execute(kAge, postgres::Params(a_->core->app_id()));
  b_->stop_for(Seconds{11});
  EXPECT_FALSE(resolve(*b_, opened.token));
}

TEST_F(IdpSession, of_another_user_is_not_touched_by_a_revocation) {
  const auto opened = a_->open_session(user_);
  const auto other = a_->open_session(a_->add_user());
  resolve(*b_, other.token);
  revoke(*a_, opened.session.id);
  b_->stop_for(Seconds{2});
  EXPECT_EQ(round_trips(*b_, other.token), 0u);
}

TEST_F(IdpSession, that_was_opened_after_all_of_the_users_were_revoked_is_good) {
  static constexpr postgres::Sql kRevokeAll =
      "UPDATE _gatehouse_session SET revoked_at = now() WHERE app_id = $1 AND user_id = $2";
  const auto before = a_->open_session(user_);
  ASSERT_TRUE(resolve(*b_, before.token));
  postgres::Batch batch;
  batch.add(kRevokeAll, a_->core->app_id(), user_);
  RevocationFeed::add(batch, a_->core, "user", user_.str());
  a_->commit(std::move(batch));
  const auto after = a_->open_session(user_);
  b_->stop_for(Seconds{2});
  EXPECT_FALSE(resolve(*b_, before.token));
  const auto session = resolve(*b_, after.token);
  ASSERT_TRUE(session);
  EXPECT_TRUE(b_->feed.holds(b_->sessions.ticket(b_->core, *session)));
}

TEST_F(IdpSession, is_not_believed_while_the_database_is_away) {
  const auto opened = a_->open_session(user_);
  ASSERT_TRUE(resolve(*b_, opened.token));
  b_->core.database->close();
  ASSERT_TRUE(resolve(*b_, opened.token));  // the lease still covers it
  b_->stop_for(Seconds{2});
  try {
    resolve(*b_, opened.token);
    FAIL() << "answered without a lease";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::service_unavailable);
  }
}

TEST_F(IdpSession, asked_for_by_many_at_once_renews_the_lease_once) {
  static constexpr postgres::Sql kLeases = "SELECT count(*) FROM _gatehouse_lease WHERE $1::text IS NOT NULL";
  const auto opened = a_->open_session(user_);
  std::vector<std::unique_ptr<project::Context>> contexts;
  int found = 0;
  const auto one = [](Process& process, project::Context& ctx, std::string token, int& count) -> Task<void> {
    count += (co_await process.sessions.resolve(ctx, std::move(token))).has_value() ? 1 : 0;
  };
  for (int i = 0; i < 20; ++i) {
    contexts.push_back(b_->core.another());
    asio::co_spawn(b_->core.io.get_executor(), one(*b_, *contexts.back(), opened.token, found), asio::detached);
  }
  EXPECT_TRUE(resolve(*b_, opened.token));
  while (found < 20 && b_->core.io.run_one_for(Seconds{10}) > 0) {
  }
  EXPECT_EQ(found, 20);
  EXPECT_EQ(a_->value<std::int64_t>(kLeases, a_->core->app_id()), 1);
}

TEST_F(IdpSession, survives_the_loss_of_everything_but_postgresql) {
  const auto opened = a_->open_session(user_);
  Process later(project_);
  EXPECT_TRUE(resolve(later, opened.token));
}

}  // namespace
}  // namespace gatehouse::session
