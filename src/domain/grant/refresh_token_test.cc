#include "domain/grant/refresh_token.h"

#include <set>

#include "platform/crypto/random.h"
#include "support/token_process.h"

namespace gatehouse::grant {
namespace {

using test::Process;
using test::TestProject;

class RefreshToken : public testing::Test {
 protected:
  RefreshToken() { build(TestProject{}.rotation()); }

  void build(TestProject builder) {
    if (url_.empty()) {
      url_ = test::fresh_database();
    }
    project_ = builder.database(url_).build();
    a_ = std::make_unique<Process>(project_);
    b_ = std::make_unique<Process>(project_);
    user_ = a_->add_user();
  }
  void advance(Micros time) {
    a_->core.clock.advance(time);
    b_->core.clock.advance(time);
  }
  std::string signed_in(const char* client = test::kPublicClient) { return *a_->sign_in(user_, client).refresh_token; }
  std::string rotated(const std::string& token) { return a_->refresh(token).refresh_token.value(); }

  std::string url_;
  project::Handle project_;
  std::unique_ptr<Process> a_;
  std::unique_ptr<Process> b_;
  UserId user_;
};

TEST_F(RefreshToken, gives_a_successor_with_the_same_scopes_in_one_round_trip) {
  const auto token = signed_in();
  const auto ctx = a_->core.another();
  const auto tokens = a_->run(a_->grants.refresh(*ctx, a_->client(test::kPublicClient), {.refresh_token = token}));
  EXPECT_EQ(ctx->postgres_round_trips, 1);
  ASSERT_TRUE(tokens.refresh_token);
  EXPECT_NE(*tokens.refresh_token, token);
  EXPECT_EQ(tokens.refresh_token->substr(0, 37), token.substr(0, 37));
  EXPECT_EQ(tokens.scopes, (std::vector<std::string>{"openid", "offline_access", "email"}));
  EXPECT_TRUE(a_->access_token_works(tokens.access_token));
}

TEST_F(RefreshToken, without_rotation_stays_itself_in_one_round_trip) {
  build(TestProject{}.rotation(false));
  const auto token = signed_in();
  for (int i = 0; i < 3; ++i) {
    const auto ctx = a_->core.another();
    const auto tokens = a_->run(a_->grants.refresh(*ctx, a_->client(test::kPublicClient), {.refresh_token = token}));
    EXPECT_EQ(ctx->postgres_round_trips, 1);
    EXPECT_FALSE(tokens.refresh_token);
    EXPECT_TRUE(a_->access_token_works(tokens.access_token));
  }
}

TEST_F(RefreshToken, that_writes_nothing_stands_on_a_ticket_that_a_revocation_voids) {
  build(TestProject{}.rotation(false).jwt_access_tokens());
  const auto user = a_->add_user();
  const auto token = *a_->sign_in(user).refresh_token;
  const auto refresh = [&] {
    return a_->run(a_->grants.refresh(a_->core, a_->client(test::kPublicClient), {.refresh_token = token}));
  };
  const auto tokens = refresh();
  ASSERT_TRUE(tokens.ticket);
  EXPECT_TRUE(a_->feed.holds(*tokens.ticket));
  a_->feed.announce(a_->core->app_id(), {user.str()});
  EXPECT_FALSE(a_->feed.holds(*tokens.ticket));
  advance(Seconds{300});
  EXPECT_FALSE(refresh().ticket) << "its use is written now";
}

TEST_F(RefreshToken, keeps_the_device_that_it_is_told_with_its_grant) {
  static constexpr postgres::Sql kDevice =
      "SELECT device_info FROM _gatehouse_refresh WHERE app_id = $1 AND grant_id = $2";
  build(TestProject{}.rotation(false));
  const auto token = signed_in();
  const auto refresh = [&](std::optional<boost::json::object> device) {
    a_->run(a_->grants.refresh(a_->core, a_->client(test::kPublicClient),
                               {.refresh_token = token, .device_info = std::move(device)}));
    return a_->value<boost::json::object>(kDevice, a_->core->app_id(), GrantId{token.substr(0, 36)});
  };
  const boost::json::object phone{{"ios", {{"uname", {{"machine", "iPhone13,1"}}}}}};
  const boost::json::object other{{"android", {{"Build", {{"MODEL", "Pixel"}}}}}};
  EXPECT_EQ(refresh(phone), phone);
  EXPECT_EQ(refresh(std::nullopt), phone);
  EXPECT_EQ(refresh(other), other);
}

TEST_F(RefreshToken, with_jwt_access_tokens_takes_one_round_trip_too) {
  build(TestProject{}.rotation().jwt_access_tokens());
  const auto token = signed_in();
  const auto ctx = a_->core.another();
  a_->run(a_->grants.refresh(*ctx, a_->client(test::kPublicClient), {.refresh_token = token}));
  EXPECT_EQ(ctx->postgres_round_trips, 1);
}

TEST_F(RefreshToken, used_a_hundred_times_at_once_by_two_processes_has_one_successor) {
  const auto token = signed_in();
  const auto outcomes = test::all_at_once({a_.get(), b_.get()}, 50, [token](Process& in, project::Context& ctx) {
    return in.grants.refresh(ctx, in.client(test::kPublicClient), {.refresh_token = token});
  });
  EXPECT_EQ(outcomes.errors, std::vector<std::string>{});
  ASSERT_EQ(outcomes.tokens.size(), 100u);
  std::set<std::string> successors;
  std::set<std::string> access_tokens;
  for (const auto& tokens : outcomes.tokens) {
    successors.insert(tokens.refresh_token.value());
    access_tokens.insert(tokens.access_token);
  }
  EXPECT_EQ(successors.size(), 1u);
  EXPECT_EQ(access_tokens.size(), 100u);
  EXPECT_TRUE(b_->refresh_token_works(*successors.begin()));
}

TEST_F(RefreshToken, gives_the_identical_successor_again_within_the_grace) {
  const auto token = signed_in();
  const auto successor = rotated(token);
  advance(Seconds{29});
  EXPECT_EQ(b_->refresh(token).refresh_token, successor);
  EXPECT_TRUE(a_->refresh_token_works(successor));
}

TEST_F(RefreshToken, lesson_7_used_again_after_the_grace_revokes_its_family_and_no_other) {
  const auto other = signed_in();
  const auto token = signed_in();
  const auto tokens = a_->refresh(token);
  advance(Seconds{30});
  EXPECT_FALSE(b_->refresh_token_works(token));
  EXPECT_FALSE(a_->refresh_token_works(*tokens.refresh_token));
  EXPECT_FALSE(a_->access_token_works(tokens.access_token));
  EXPECT_TRUE(a_->refresh_token_works(other));
}

TEST_F(RefreshToken, has_no_grace_once_its_successor_was_used) {
  const auto token = signed_in();
  const auto second = rotated(token);
  const auto third = rotated(second);
  EXPECT_FALSE(b_->refresh_token_works(token));
  EXPECT_FALSE(a_->refresh_token_works(third));
}

TEST_F(RefreshToken, of_two_generations_ago_is_a_reuse) {
  const auto token = signed_in();
  const auto third = rotated(rotated(token));
  advance(Seconds{1});
  EXPECT_FALSE(a_->refresh_token_works(token));
  EXPECT_FALSE(a_->refresh_token_works(third));
}

// CVE-2026-9802: what is spent stays spent, whatever was started again
TEST_F(RefreshToken, lesson_6_that_was_spent_stays_spent_for_a_process_that_began_later) {
  const auto token = signed_in();
  const auto successor = rotated(token);
  advance(Seconds{31});
  Process later(project_);
  later.core.clock.advance(a_->core.clock.now() - later.core.clock.now());
  EXPECT_FALSE(later.refresh_token_works(token));
  EXPECT_FALSE(later.refresh_token_works(successor));
}

TEST_F(RefreshToken, that_was_guessed_kills_nothing) {
  const auto token = signed_in();
  const std::string family = token.substr(0, 37);
  for (const std::string& guess : {family + std::string(32, 'a'), family + crypto::random_text(32, crypto::kBase62),
                                   token.substr(0, 68) + (token.back() == 'a' ? "b" : "a"), token.substr(0, 68), family,
                                   std::string("nonsense"), std::string()}) {
    EXPECT_FALSE(a_->refresh_token_works(guess));
  }
  advance(Seconds{60});
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, of_another_client_gives_nothing_and_kills_nothing) {
  const auto token = signed_in();
  EXPECT_FALSE(a_->refresh_token_works(token, test::kConfidentialClient));
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, of_another_project_is_unknown) {
  const auto token = signed_in();
  Process other(TestProject{"other"}.database(url_).build());
  EXPECT_FALSE(other.refresh_token_works(token));
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, ends_with_its_lifetime_however_often_it_is_used) {
  TestProject builder;
  builder.rotation().client(test::kPublicClient).refresh_token_lifetime = Seconds{1000};
  build(std::move(builder));
  auto token = signed_in();
  advance(Seconds{999});
  token = rotated(token);
  advance(Seconds{1});
  EXPECT_FALSE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, ends_when_it_was_not_used_for_its_idle_timeout) {
  TestProject builder;
  builder.rotation(false).client(test::kPublicClient).refresh_token_idle_timeout = Seconds{1000};
  build(std::move(builder));
  const auto token = signed_in();
  advance(Seconds{999});
  EXPECT_TRUE(a_->refresh_token_works(token));
  advance(Seconds{999});
  EXPECT_TRUE(b_->refresh_token_works(token));
  advance(Seconds{1000});
  EXPECT_FALSE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, has_no_idle_timeout_where_that_is_off) {
  TestProject builder;
  auto& client = builder.client(test::kPublicClient);
  client.refresh_token_idle_timeout_enabled = false;
  client.refresh_token_idle_timeout = Seconds{1000};
  build(std::move(builder));
  const auto token = signed_in();
  advance(Seconds{100'000});
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, of_a_disabled_user_gives_nothing_until_the_user_may_sign_in_again) {
  static constexpr postgres::Sql kDisable = "UPDATE _auth_user SET is_disabled = $3 WHERE app_id = $1 AND id = $2";
  const auto token = signed_in();
  a_->execute(kDisable, postgres::Params(a_->core->app_id(), user_, true));
  EXPECT_FALSE(a_->refresh_token_works(token));
  a_->execute(kDisable, postgres::Params(a_->core->app_id(), user_, false));
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, ends_with_its_session_only_where_single_sign_on_binds_them) {
  const auto opened = a_->open_session(user_);
  auto given = a_->code_grant(user_);
  given.session = opened.session.id;
  const auto free = *a_->exchange(a_->add_code(given)).refresh_token;
  given.sso_enabled = true;
  const auto bound = *a_->exchange(a_->add_code(given)).refresh_token;
  EXPECT_TRUE(a_->refresh_token_works(bound));
  postgres::Batch batch;
  a_->sessions.revoke(batch, a_->core, opened.session.id);
  a_->commit(std::move(batch));
  EXPECT_FALSE(b_->refresh_token_works(bound));
  EXPECT_TRUE(b_->refresh_token_works(free));
}

TEST_F(RefreshToken, ends_when_its_session_expires) {
  TestProject builder;
  builder.config.session.lifetime = Seconds{500};
  build(std::move(builder));
  auto given = a_->code_grant(user_);
  given.session = a_->open_session(user_).session.id;
  given.sso_enabled = true;
  const auto token = *a_->exchange(a_->add_code(given)).refresh_token;
  advance(Seconds{499});
  EXPECT_TRUE(a_->refresh_token_works(token));
  advance(Seconds{1});
  EXPECT_FALSE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, keeps_the_session_that_binds_it_from_becoming_idle) {
  TestProject builder;
  builder.rotation(false).config.session.idle_timeout = Seconds{300};
  build(std::move(builder));
  auto given = a_->code_grant(user_);
  given.session = a_->open_session(user_).session.id;
  given.sso_enabled = true;
  const auto token = *a_->exchange(a_->add_code(given)).refresh_token;
  for (int i = 0; i < 3; ++i) {
    advance(Seconds{200});
    EXPECT_TRUE(a_->refresh_token_works(token));
    a_->run(a_->access_tokens.flush());
  }
  advance(Seconds{300});
  EXPECT_FALSE(a_->refresh_token_works(token));
}

// RFC 6749 6
TEST_F(RefreshToken, narrows_the_tokens_to_the_scope_asked_for_and_never_the_grant) {
  for (const bool jwt : {false, true}) {
    build(TestProject{}.rotation().jwt_access_tokens(jwt));
    const auto narrow = [&](const std::string& token, const char* scope) {
      return a_->run(
          a_->grants.refresh(a_->core, a_->client(test::kPublicClient), {.refresh_token = token, .scope = scope}));
    };
    const auto first = narrow(signed_in(), " email  openid email");
    EXPECT_EQ(first.scopes, (std::vector<std::string>{"email", "openid"}));
    const auto access = b_->run(b_->access_tokens.resolve(b_->core, first.access_token));
    ASSERT_TRUE(access);
    EXPECT_EQ(access->scopes, first.scopes);
    EXPECT_TRUE(first.id_token);
    const auto without = narrow(*first.refresh_token, "email");
    EXPECT_EQ(without.scopes, std::vector<std::string>{"email"});
    EXPECT_FALSE(without.id_token);
    const auto all = a_->refresh(*without.refresh_token);
    EXPECT_EQ(all.scopes, (std::vector<std::string>{"openid", "offline_access", "email"}));
  }
}

TEST_F(RefreshToken, asked_for_a_scope_that_was_not_granted_stays_as_it_was) {
  const auto token = signed_in();
  for (const char* scope : {"openid profile", "nonsense", " ", "OPENID"}) {
    try {
      a_->run(a_->grants.refresh(a_->core, a_->client(test::kPublicClient), {.refresh_token = token, .scope = scope}));
      ADD_FAILURE() << scope;
    } catch (const client::OAuthError& error) {
      EXPECT_EQ(error.error(), "invalid_scope");
    }
  }
  advance(Seconds{60});
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, beyond_its_users_limit_stays_as_it_was) {
  const auto token = signed_in();
  a_->requests_left = 0;
  EXPECT_THROW(a_->refresh(token), Error);
  advance(Seconds{60});
  a_->requests_left = 2;
  const auto successor = rotated(token);
  advance(Seconds{60});
  EXPECT_FALSE(rotated(successor).empty());
  EXPECT_EQ(a_->requests_left, 0);
}

TEST_F(RefreshToken, is_not_lost_to_the_limit_on_a_core_that_sees_its_grant_first) {
  const auto token = signed_in();
  b_->requests_left = 0;
  const auto successor = *b_->refresh(token).refresh_token;
  EXPECT_THROW(b_->refresh(successor), Error);
  EXPECT_TRUE(a_->refresh_token_works(successor));
}

TEST_F(RefreshToken, that_was_guessed_uses_up_nobodys_limit) {
  const auto token = signed_in();
  a_->requests_left = 1;
  EXPECT_FALSE(a_->refresh_token_works(token.substr(0, 37) + std::string(32, 'a')));
  EXPECT_TRUE(a_->refresh_token_works(token));
}

TEST_F(RefreshToken, that_is_dead_uses_up_nobodys_limit) {
  const auto token = signed_in();
  const auto successor = rotated(token);
  EXPECT_FALSE(rotated(successor).empty());  // ends the grace of the first
  a_->requests_left = 1;
  for (int tries = 0; tries < 3; ++tries) {
    EXPECT_FALSE(a_->refresh_token_works(token));
    EXPECT_FALSE(a_->refresh_token_works(successor));
  }
  EXPECT_EQ(a_->requests_left, 1);
  a_->requests_left = 0;
  EXPECT_FALSE(a_->refresh_token_works(token)) << "it is not counted even while it is looked at";
}

TEST_F(RefreshToken, asked_for_too_much_uses_up_nobodys_limit) {
  const auto token = signed_in();
  a_->requests_left = 1;
  const auto asks = [&] {
    a_->run(
        a_->grants.refresh(a_->core, a_->client(test::kPublicClient), {.refresh_token = token, .scope = "profile"}));
  };
  EXPECT_THROW(asks(), client::OAuthError);
  EXPECT_EQ(a_->requests_left, 1);
}

TEST_F(RefreshToken, that_was_adopted_works_by_its_hash_and_is_succeeded_by_one_of_ours) {
  static constexpr postgres::Sql kAdopt =
      "UPDATE _gatehouse_refresh SET adopted_hash = $3 WHERE app_id = $1 AND grant_id = $2";
  const auto family = signed_in().substr(0, 36);
  const std::string secret = crypto::random_text(32, crypto::kBase62);
  a_->execute(kAdopt, postgres::Params(a_->core->app_id(), family, crypto::sha256_hex(secret)));
  const std::string adopted = family + "." + secret;
  const auto successor = rotated(adopted);
  EXPECT_EQ(b_->refresh(adopted).refresh_token, successor);
  EXPECT_TRUE(a_->refresh_token_works(successor));
  EXPECT_FALSE(a_->refresh_token_works(adopted));
  EXPECT_FALSE(a_->refresh_token_works(successor));
}

TEST_F(RefreshToken, made_under_an_old_key_works_after_a_new_one_became_active) {
  const std::string key = R"("key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
  const std::string other = R"("key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"})";
  Process before(project_, R"({"active":"old","keys":[{"id":"old",)" + key + "]}");
  Process after(project_, R"({"active":"new","keys":[{"id":"new",)" + other + R"(,{"id":"old",)" + key + "]}");
  const auto token = *before.sign_in(user_).refresh_token;
  const auto successor = after.refresh(token).refresh_token;
  ASSERT_TRUE(successor);
  EXPECT_EQ(before.refresh(token).refresh_token, successor);
  EXPECT_TRUE(after.refresh_token_works(*successor));
}

TEST_F(RefreshToken, that_was_rotated_before_rotation_was_turned_off_keeps_its_grace_rules) {
  const auto token = signed_in();
  const auto successor = rotated(token);
  Process steady(TestProject{}.rotation(false).database(url_).build());
  EXPECT_EQ(steady.refresh(token).refresh_token, successor);
  EXPECT_EQ(steady.refresh(successor).refresh_token, std::nullopt);
  EXPECT_TRUE(steady.refresh_token_works(successor));
  EXPECT_FALSE(steady.refresh_token_works(token));
  EXPECT_FALSE(steady.refresh_token_works(successor));
}

}  // namespace
}  // namespace gatehouse::grant
