#include "domain/grant/authorization_code.h"

#include "support/token_process.h"

namespace gatehouse::grant {
namespace {

using test::Process;
using test::TestProject;
using Made = AuthorizationCodes::Made;

class AuthorizationCode : public testing::Test {
 protected:
  explicit AuthorizationCode() : project_(TestProject{}.database(test::fresh_database()).build()) {}

  std::string error_of(CodeExchange request, const char* client = test::kPublicClient) {
    try {
      a_.run(a_.grants.exchange(a_.core, a_.client(client), std::move(request)));
    } catch (const client::OAuthError& error) {
      return error.error();
    }
    return "";
  }

  project::Handle project_;
  Process a_{project_};
  UserId user_ = a_.add_user();
};

TEST_F(AuthorizationCode, gives_an_access_token_an_id_token_and_a_refresh_token) {
  const auto tokens = a_.sign_in(user_);
  EXPECT_TRUE(a_.access_token_works(tokens.access_token));
  EXPECT_TRUE(tokens.refresh_token && a_.refresh_token_works(*tokens.refresh_token));
  EXPECT_EQ(tokens.expires_in, Seconds{1800});
  EXPECT_EQ(tokens.scopes, (std::vector<std::string>{"openid", "offline_access", "email"}));
  EXPECT_TRUE(tokens.id_token);
}

TEST_F(AuthorizationCode, without_offline_access_gives_no_refresh_token) {
  auto given = a_.code_grant(user_);
  given.scopes = {"openid"};
  const auto tokens = a_.exchange(a_.add_code(given));
  EXPECT_FALSE(tokens.refresh_token);
  EXPECT_TRUE(a_.access_token_works(tokens.access_token));
}

TEST_F(AuthorizationCode, beyond_its_users_limit_stays_as_it_was) {
  const auto code = a_.add_code(a_.code_grant(user_));
  a_.requests_left = 0;
  EXPECT_THROW(a_.exchange(code), Error);
  a_.requests_left = 1;
  EXPECT_TRUE(a_.exchange(code).refresh_token);
}

TEST_F(AuthorizationCode, that_is_refused_uses_up_nobodys_limit) {
  const auto opened = a_.open_session(user_);
  auto given = a_.code_grant(user_);
  given.session = opened.session.id;
  const auto code = a_.add_code(given);
  postgres::Batch batch;
  session::Sessions::revoke(batch, a_.core, opened.session.id);
  a_.commit(std::move(batch));
  a_.requests_left = 1;
  EXPECT_THROW(a_.exchange(code), client::OAuthError);
  EXPECT_EQ(a_.requests_left, 1);
}

TEST_F(AuthorizationCode, is_made_once_from_what_it_is_made_from) {
  const consume::Artefact source{"finished_sign_in", "a source", consume::expiry_day(a_.core->now())};
  const auto first = a_.run(grant::AuthorizationCodes::issue_from(a_.core, source, a_.code_grant(user_)));
  ASSERT_EQ(first.made, Made::done);
  const auto second = a_.run(grant::AuthorizationCodes::issue_from(a_.core, source, a_.code_grant(user_)));
  EXPECT_EQ(second.made, Made::used_before);
  EXPECT_TRUE(second.code.empty());
  EXPECT_TRUE(a_.exchange(first.code).refresh_token);
  EXPECT_TRUE(a_.exchange(a_.run(grant::AuthorizationCodes::issue(a_.core, a_.code_grant(user_)))).refresh_token);
}

TEST_F(AuthorizationCode, is_not_made_for_a_session_that_ended_meanwhile) {
  const consume::Artefact source{"finished_sign_in", "a source", consume::expiry_day(a_.core->now())};
  const auto opened = a_.open_session(user_);
  auto given = a_.code_grant(user_);
  given.session = opened.session.id;
  postgres::Batch batch;
  session::Sessions::revoke(batch, a_.core, opened.session.id);
  a_.commit(std::move(batch));
  EXPECT_EQ(a_.run(grant::AuthorizationCodes::issue_from(a_.core, source, given)).made, Made::no_longer_active);
  given.session = a_.open_session(user_).session.id;
  EXPECT_EQ(a_.run(grant::AuthorizationCodes::issue_from(a_.core, source, given)).made, Made::done) << "not used up";
}

TEST_F(AuthorizationCode, takes_two_round_trips) {
  const auto code = a_.add_code(a_.code_grant(user_));
  const auto ctx = a_.core.another();
  a_.run(a_.grants.exchange(*ctx, a_.client(test::kPublicClient), Process::exchange_of(code)));
  EXPECT_EQ(ctx->postgres_round_trips, 2);
}

TEST_F(AuthorizationCode, is_dead_after_sixty_seconds) {
  const auto in_time = a_.add_code(a_.code_grant(user_));
  const auto late = a_.add_code(a_.code_grant(user_));
  a_.core.clock.advance(Seconds{59});
  EXPECT_EQ(error_of(Process::exchange_of(in_time)), "");
  a_.core.clock.advance(Seconds{1});
  EXPECT_EQ(error_of(Process::exchange_of(late)), "invalid_grant");
}

TEST_F(AuthorizationCode, is_found_over_midnight) {
  const auto midnight = std::chrono::ceil<std::chrono::days>(a_.core.clock.now());
  a_.core.clock.advance(midnight - Seconds{10} - a_.core.clock.now());
  const auto code = a_.add_code(a_.code_grant(user_));
  a_.core.clock.advance(Seconds{30});
  EXPECT_EQ(error_of(Process::exchange_of(code)), "");
}

TEST_F(AuthorizationCode, used_again_revokes_what_it_gave) {
  const auto code = a_.add_code(a_.code_grant(user_));
  const auto tokens = a_.exchange(code);
  EXPECT_EQ(error_of(Process::exchange_of(code)), "invalid_grant");
  EXPECT_FALSE(a_.access_token_works(tokens.access_token));
  EXPECT_FALSE(a_.refresh_token_works(*tokens.refresh_token));
}

TEST_F(AuthorizationCode, used_again_after_it_expired_revokes_what_it_gave) {
  const auto code = a_.add_code(a_.code_grant(user_));
  const auto tokens = a_.exchange(code);
  a_.core.clock.advance(Seconds{600});
  EXPECT_EQ(error_of(Process::exchange_of(code)), "invalid_grant");
  EXPECT_FALSE(a_.refresh_token_works(*tokens.refresh_token));
}

TEST_F(AuthorizationCode, shown_wrongly_is_not_used_up_and_revokes_nothing) {
  const auto code = a_.add_code(a_.code_grant(user_));
  auto wrong_verifier = Process::exchange_of(code);
  wrong_verifier.code_verifier = std::string(43, 'x');
  auto no_verifier = Process::exchange_of(code);
  no_verifier.code_verifier.reset();
  auto other_uri = Process::exchange_of(code);
  other_uri.redirect_uri = std::string(test::kRedirectUri) + "/";
  auto no_uri = Process::exchange_of(code);
  no_uri.redirect_uri.reset();
  const auto refuse_all = [&] {
    EXPECT_EQ(error_of(wrong_verifier), "invalid_grant");
    EXPECT_EQ(error_of(no_verifier), "invalid_grant");
    EXPECT_EQ(error_of(other_uri), "invalid_grant");
    EXPECT_EQ(error_of(no_uri), "invalid_request");
    EXPECT_EQ(error_of(Process::exchange_of(code), test::kConfidentialClient), "invalid_grant");
  };
  refuse_all();
  const auto tokens = a_.exchange(code);
  refuse_all();
  EXPECT_TRUE(a_.access_token_works(tokens.access_token));
}

TEST_F(AuthorizationCode, whose_request_named_no_redirect_uri_needs_none) {
  auto given = a_.code_grant(user_);
  given.redirect_uri_sent = false;
  auto without = Process::exchange_of(a_.add_code(given));
  without.redirect_uri.reset();
  EXPECT_EQ(error_of(without), "");
  auto wrong = Process::exchange_of(a_.add_code(given));
  wrong.redirect_uri = "https://evil.example/";
  EXPECT_EQ(error_of(wrong), "invalid_grant");
}

// {challenge} × {verifier} × {public, confidential}
TEST_F(AuthorizationCode, lesson_8_without_a_challenge_takes_no_verifier_and_serves_no_public_client) {
  for (const char* client : {test::kPublicClient, test::kConfidentialClient}) {
    auto given = a_.code_grant(user_, client);
    given.code_challenge.reset();
    auto no_verifier = Process::exchange_of(a_.add_code(given));
    no_verifier.code_verifier.reset();
    EXPECT_EQ(error_of(no_verifier, client), client == test::kPublicClient ? "invalid_grant" : "");
    EXPECT_EQ(error_of(Process::exchange_of(a_.add_code(given)), client), "invalid_grant");
  }
}

TEST_F(AuthorizationCode, of_any_other_form_or_project_is_unknown) {
  const auto code = a_.add_code(a_.code_grant(user_));
  Process other(TestProject{"other"}.database(project_->secrets.database_url).build());
  EXPECT_THROW(other.exchange(code), client::OAuthError);
  for (const std::string& text :
       {std::string(), std::string(31, 'a'), std::string(32, 'a'), std::string(32, '\0'), code + "a"}) {
    EXPECT_EQ(error_of(Process::exchange_of(text)), "invalid_grant");
  }
}

TEST_F(AuthorizationCode, of_a_user_who_was_disabled_meanwhile_gives_nothing) {
  static constexpr postgres::Sql kDisable = "UPDATE _auth_user SET is_disabled = true WHERE app_id = $1 AND id = $2";
  const auto code = a_.add_code(a_.code_grant(user_));
  a_.execute(kDisable, postgres::Params(a_.core->app_id(), user_));
  EXPECT_EQ(error_of(Process::exchange_of(code)), "invalid_grant");
}

TEST_F(AuthorizationCode, that_hangs_on_a_session_gives_nothing_once_that_ended) {
  const auto opened = a_.open_session(user_);
  auto given = a_.code_grant(user_);
  given.session = opened.session.id;
  given.sso_enabled = true;
  const auto code = a_.add_code(given);
  postgres::Batch batch;
  a_.sessions.revoke(batch, a_.core, opened.session.id);
  a_.commit(std::move(batch));
  EXPECT_EQ(error_of(Process::exchange_of(code)), "invalid_grant");
}

TEST_F(AuthorizationCode, lesson_4_lesson_5_redeemed_a_hundred_times_at_once_by_two_processes_succeeds_once) {
  Process b(project_);
  const auto code = a_.add_code(a_.code_grant(user_));
  const auto outcomes = test::all_at_once({&a_, &b}, 50, [code](Process& in, project::Context& ctx) {
    return in.grants.exchange(ctx, in.client(test::kPublicClient), Process::exchange_of(code));
  });
  EXPECT_EQ(outcomes.tokens.size(), 1u);
  EXPECT_EQ(outcomes.errors, std::vector<std::string>(99, "invalid_grant"));
  EXPECT_FALSE(a_.access_token_works(outcomes.tokens.front().access_token));  // RFC 6749 4.1.2
}

TEST_F(AuthorizationCode, keeps_its_secret_and_the_tokens_out_of_the_database) {
  static constexpr postgres::Sql kEverything =
      "SELECT string_agg(t.row, '') FROM (SELECT c::text AS row FROM _gatehouse_authorization_code c "
      "UNION ALL SELECT r::text FROM _gatehouse_refresh r UNION ALL SELECT a::text FROM _gatehouse_access_token a "
      "UNION ALL SELECT u::text FROM _gatehouse_consumed u) AS t WHERE $1::text IS NOT NULL";
  const auto code = a_.add_code(a_.code_grant(user_));
  const auto tokens = a_.exchange(code);
  const auto rows = a_.value<std::string>(kEverything, a_.core->app_id());
  const std::string secret = tokens.refresh_token->substr(37);
  for (const std::string& text : {code, tokens.access_token, secret}) {
    EXPECT_EQ(rows.find(text), std::string::npos);
    EXPECT_EQ(rows.find(crypto::hex(text)), std::string::npos);
  }
}

TEST_F(AuthorizationCode, ends_the_clients_other_grant_where_only_one_is_allowed) {
  TestProject builder;
  builder.database(project_->secrets.database_url).client(test::kPublicClient).max_concurrent_session = 1;
  Process one(builder.build());
  const auto first = one.sign_in(user_);
  const auto elsewhere = one.sign_in(user_, test::kConfidentialClient);
  const auto second = one.sign_in(user_);
  EXPECT_FALSE(one.refresh_token_works(*first.refresh_token));
  EXPECT_TRUE(one.refresh_token_works(*second.refresh_token));
  EXPECT_TRUE(one.refresh_token_works(*elsewhere.refresh_token, test::kConfidentialClient));
}

}  // namespace
}  // namespace gatehouse::grant
