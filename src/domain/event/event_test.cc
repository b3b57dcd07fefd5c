#include "domain/event/event.h"

#include "domain/grant/sign_out.h"
#include "support/token_process.h"

namespace gatehouse::event {
namespace {

using test::Process;
using test::TestProject;

class Events : public testing::Test {
 protected:
  std::vector<boost::json::object> outbox() {
    static constexpr postgres::Sql kSql =
        "SELECT payload FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'event' ORDER BY (payload ->> "
        "'seq')::bigint";
    return a_.run(a_.core->db().all<boost::json::object>(kSql, a_.core->app_id()));
  }

  project::Handle project_ = TestProject{}.database(test::fresh_database()).build();
  Process a_{project_};
  UserId user_ = a_.add_user();
};

TEST_F(Events, are_written_with_the_contracts_envelope) {
  a_.core->client_id = test::kPublicClient;
  a_.core->oauth_state = "a state";
  a_.core->language = "en";
  a_.core->preferred_languages = {"en", "de"};
  postgres::Batch batch;
  add(batch, a_.core,
      Event{"user.profile.updated", {{"user", boost::json::object{{"id", user_.str()}}}}, user_, "user"});
  a_.commit(std::move(batch));
  const auto events = outbox();
  ASSERT_EQ(events.size(), 1u);
  const auto& event = events.front();
  EXPECT_EQ(event.at("type"), "user.profile.updated");
  EXPECT_EQ(event.at("id").as_string(), fmt::format("{:016x}", event.at("seq").as_int64()));
  EXPECT_EQ(event.at("payload").at("user").at("id").as_string(), user_.str());
  const auto& context = event.at("context").as_object();
  EXPECT_EQ(context.at("timestamp"), unix_seconds(a_.core->now()));
  EXPECT_EQ(context.at("user_id").as_string(), user_.str());
  EXPECT_EQ(context.at("triggered_by"), "user");
  EXPECT_EQ(context.at("app_id"), "app");
  EXPECT_EQ(context.at("client_id"), test::kPublicClient);
  EXPECT_EQ(context.at("ip_address"), "192.0.2.1");
  EXPECT_EQ(context.at("user_agent"), "Mozilla/5.0 (test)");
  EXPECT_EQ(context.at("language"), "en");
  EXPECT_EQ(context.at("preferred_languages"), (boost::json::array{"en", "de"}));
  EXPECT_EQ(context.at("oauth").at("state"), "a state");
  EXPECT_EQ(context.at("geo_location_code"), nullptr);
}

TEST_F(Events, without_a_user_say_null) {
  postgres::Batch batch;
  add(batch, a_.core, Event{"rate_limit.blocked", {}, std::nullopt, "user"});
  a_.commit(std::move(batch));
  EXPECT_EQ(outbox().front().at("context").at("user_id"), nullptr);
}

TEST_F(Events, are_numbered_apart_and_vanish_with_what_did_not_happen) {
  static constexpr postgres::Sql kRefuse = "SELECT _gatehouse_require(false, $1)";
  postgres::Batch batch;
  add(batch, a_.core, Event{"one", {}, user_, "user"});
  add(batch, a_.core, Event{"two", {}, user_, "user"});
  a_.commit(batch);
  batch.add(kRefuse, "never");
  EXPECT_THROW(a_.commit(batch), postgres::StatementError);
  const auto events = outbox();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_LT(events[0].at("seq").as_int64(), events[1].at("seq").as_int64());
}

TEST_F(Events, of_signing_out_name_the_session_and_the_grants_that_ended_with_it) {
  auto given = a_.code_grant(user_);
  given.session = a_.open_session(user_).session.id;
  given.sso_enabled = true;
  const auto bound = a_.exchange(a_.add_code(given));
  given.sso_enabled = false;
  const auto free = a_.exchange(a_.add_code(given));
  a_.run(grant::sign_out(a_.core, a_.feed, *given.session));
  a_.run(grant::sign_out(a_.core, a_.feed, *given.session));
  EXPECT_FALSE(a_.refresh_token_works(*bound.refresh_token));
  EXPECT_TRUE(a_.refresh_token_works(*free.refresh_token));
  const auto events = outbox();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at("type"), "user.signed_out");
  EXPECT_EQ(events[0].at("payload").at("user").at("id").as_string(), user_.str());
  const auto& sessions = events[0].at("payload").at("sessions").as_array();
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].at("type"), "idp");
  EXPECT_EQ(sessions[0].at("id").as_string(), given.session->str());
  EXPECT_EQ(sessions[0].at("clientID"), nullptr);
  EXPECT_EQ(sessions[1].at("type"), "offline_grant");
  EXPECT_EQ(sessions[1].at("id").as_string(), bound.refresh_token->substr(0, 36));
  EXPECT_EQ(sessions[1].at("clientID"), test::kPublicClient);
}

TEST_F(Events, of_a_revoked_refresh_token_name_the_session_that_it_is_bound_to_and_what_ended_with_that) {
  auto given = a_.code_grant(user_);
  given.session = a_.open_session(user_).session.id;
  given.sso_enabled = true;
  const auto bound = a_.exchange(a_.add_code(given));
  const auto sibling = a_.exchange(a_.add_code(given));
  given.sso_enabled = false;
  const auto free = a_.exchange(a_.add_code(given));
  a_.run(a_.grants.revoke(a_.core, nullptr, *bound.refresh_token));
  EXPECT_FALSE(a_.refresh_token_works(*bound.refresh_token));
  EXPECT_FALSE(a_.refresh_token_works(*sibling.refresh_token));
  EXPECT_TRUE(a_.refresh_token_works(*free.refresh_token));
  const auto events = outbox();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at("type"), "user.signed_out");
  EXPECT_EQ(events[0].at("payload").at("sessions").as_array().size(), 3u);
}

// OpenID Connect Back-Channel Logout 2.7
TEST_F(Events, of_signing_out_name_the_grants_that_were_not_given_offline_access) {
  auto given = a_.code_grant(user_);
  given.session = a_.open_session(user_).session.id;
  given.scopes = {"openid"};
  const auto online = a_.exchange(a_.add_code(given));
  EXPECT_TRUE(a_.access_token_works(online.access_token));
  a_.run(grant::sign_out(a_.core, a_.feed, *given.session));
  EXPECT_FALSE(a_.access_token_works(online.access_token));
  EXPECT_EQ(outbox().at(0).at("payload").at("sessions").as_array().size(), 2u);
}

TEST_F(Events, of_a_sign_in_without_a_session_come_with_the_grant) {
  auto given = a_.code_grant(user_);
  given.announced = false;
  const auto tokens = a_.exchange(a_.add_code(given));
  const auto events = outbox();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at("type"), "user.authenticated");
  EXPECT_EQ(events[0].at("payload").at("user").at("id").as_string(), user_.str());
  const auto& session = events[0].at("payload").at("session");
  EXPECT_EQ(session.at("type"), "offline_grant");
  EXPECT_EQ(session.at("id").as_string(), tokens.refresh_token->substr(0, 36));
  EXPECT_EQ(session.at("clientID"), test::kPublicClient);
}

TEST_F(Events, of_a_revoked_refresh_token_name_its_grant) {
  const auto tokens = a_.sign_in(user_);
  a_.run(a_.grants.revoke(a_.core, nullptr, *tokens.refresh_token));
  a_.run(a_.grants.revoke(a_.core, nullptr, *tokens.refresh_token));
  const auto events = outbox();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at("type"), "user.signed_out");
  EXPECT_EQ(events[0].at("payload").at("sessions").as_array().size(), 1u);
}

TEST_F(Events, the_session_of_a_grant_is_known_while_they_are_bound) {
  auto given = a_.code_grant(user_);
  given.session = a_.open_session(user_).session.id;
  given.sso_enabled = true;
  const GrantId bound{a_.exchange(a_.add_code(given)).refresh_token->substr(0, 36)};
  given.sso_enabled = false;
  const GrantId free{a_.exchange(a_.add_code(given)).refresh_token->substr(0, 36)};
  EXPECT_EQ(a_.run(grant::session_of_grant(a_.core, bound)), given.session);
  EXPECT_EQ(a_.run(grant::session_of_grant(a_.core, free)), std::nullopt);
  a_.run(grant::sign_out(a_.core, a_.feed, *given.session));
  EXPECT_EQ(a_.run(grant::session_of_grant(a_.core, bound)), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::event
