#include "flow/run/flow_runner.h"

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/run/flow_store.h"
#include "flow/run/test_core.h"
#include "platform/crypto/hash.h"

namespace gatehouse::flow {

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEmail = "person@example.com";
constexpr const char* kPassword = "marker of a good Passw0rd";
constexpr const char* kCode = "111111";
constexpr postgres::Sql kSessions = "SELECT id::text FROM _gatehouse_session WHERE app_id = $1";
constexpr postgres::Sql kEvents =
    "SELECT payload->>'type' FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'event' ORDER BY payload->>'seq'";
constexpr postgres::Sql kHash = "SELECT password_hash FROM _auth_authenticator_password WHERE app_id = $1";

Input email_input(const std::string& email = kEmail) { return {{"identification", "email"}, {"login_id", email}}; }
Input new_password_input(const std::string& password = kPassword) {
  return {{"authentication", "primary_password"}, {"new_password", password}};
}
Input password_input(const std::string& password = kPassword) {
  return {{"authentication", "primary_password"}, {"password", password}};
}
Input login_input(const std::string& password = kPassword) {
  auto input = email_input();
  for (const auto& member : password_input(password)) {
    input.emplace(member.key(), member.value());
  }
  return input;
}

// Waits at the last step of a sign-up.
std::string almost_signed_up(Core& core, const std::string& email = kEmail) {
  const auto begun = core.create("signup");
  const auto identified = core.feed(begun.state_token, email_input(email));
  return core.feed(identified.state_token, {{"code", kCode}}).state_token;
}

Reply sign_up(Core& core) { return core.feed(almost_signed_up(core), new_password_input()); }
Reply log_in(Core& core, const std::string& password = kPassword) {
  return core.feed(core.create("login").state_token, login_input(password));
}

// The reason of the Error that the call ends with.
template <class F>
std::string reason_of(F call) {
  try {
    call();
  } catch (const Error& error) {
    const auto* type = error.info().if_contains("FlowType");
    return error.reason() + (type == nullptr ? "" : " in " + std::string(type->as_string()));
  }
  return "no error";
}

sign_in::SignIn waiting_sign_in() {
  return {.id = std::string(32, '0'), .client_id = test::kPublicClient, .authorization_request = {{"state", "xyz"}}};
}

}  // namespace

TEST(FlowRunner, a_person_signs_up_with_a_verified_address_and_a_password) {
  Core core(fresh_project());
  const auto begun = core.create("signup");
  EXPECT_EQ(begun.action.type, "identify");
  const auto verify = core.feed(begun.state_token, email_input("Person@Example.com"));
  EXPECT_EQ(verify.action.type, "verify");
  EXPECT_EQ(verify.action.data.at("type").as_string(), "verify_oob_otp_data");
  EXPECT_EQ(verify.action.data.at("masked_claim_value").as_string(), "per***@example.com");
  const auto create = core.feed(verify.state_token, {{"code", kCode}});
  EXPECT_EQ(create.action.type, "create_authenticator");
  EXPECT_TRUE(core.texts("SELECT id FROM _auth_user WHERE app_id = $1").empty());
  const auto done = core.feed(create.state_token, new_password_input());
  EXPECT_EQ(done.action.type, "finished");
  EXPECT_TRUE(done.finished->session_token);
  EXPECT_EQ(core.text("SELECT id FROM _auth_user WHERE app_id = $1"), done.finished->user.str());
  EXPECT_EQ(core.text("SELECT standard_attributes->>'email' FROM _auth_user WHERE app_id = $1"), kEmail);
  EXPECT_EQ(core.text("SELECT value FROM _auth_verified_claim WHERE app_id = $1"), kEmail);
  EXPECT_EQ(core.texts(kSessions).size(), 1U);
  EXPECT_THAT(core.texts(kEvents), ElementsAre("user.created", "identity.email.verified", "user.authenticated"));
  const auto session = core.ctx.run(core.sessions.resolve(core.ctx, *done.finished->session_token));
  ASSERT_TRUE(session);
  EXPECT_THAT(session->amr, ElementsAre("pwd", "x_primary_password"));
}

TEST(FlowRunner, a_login_by_password_takes_three_round_trips_to_postgresql_at_most) {
  auto project = fresh_project();
  Core core(project);
  sign_up(core);
  const auto begun = core.create(Start{.type = "login", .sign_in = waiting_sign_in()});
  const auto before = core.ctx->postgres_round_trips;
  const auto authenticate = core.feed(begun.state_token, email_input());
  EXPECT_EQ(authenticate.action.type, "authenticate");
  const auto done = core.feed(authenticate.state_token, password_input());
  EXPECT_LE(core.ctx->postgres_round_trips - before, 3U);
  const std::string consent = "http://app.localhost:3000/oauth2/consent?code=";
  ASSERT_THAT(done.finished->redirect_uri, testing::StartsWith(consent));
  EXPECT_EQ(done.action.data.at("finish_redirect_uri").as_string(), done.finished->redirect_uri);
  const auto code = done.finished->redirect_uri.substr(consent.size());
  const auto found = core.ctx.run(core.finished_sign_ins.find(core.ctx, code));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finished.authentication.user_id, done.finished->user);
  EXPECT_EQ(found->finished.sign_in.client_id, test::kPublicClient);
}

TEST(FlowRunner, a_sign_in_that_suppresses_the_session_opens_none_and_ends_none) {
  Core core(fresh_project());
  const auto first = sign_up(core);
  auto wanted = waiting_sign_in();
  wanted.suppress_session = true;
  const auto present = core.ctx.run(core.sessions.resolve(core.ctx, *first.finished->session_token));
  const auto begun = core.create(Start{.type = "login", .sign_in = wanted, .session = present});
  const auto authenticate = core.feed(begun.state_token, email_input());
  const auto done = core.feed(authenticate.state_token, password_input());
  EXPECT_FALSE(done.finished->session_token);
  EXPECT_EQ(core.texts(kSessions).size(), 1U);
  EXPECT_TRUE(core.ctx.run(core.sessions.resolve(core.ctx, *first.finished->session_token)));
  EXPECT_THAT(core.texts(kEvents), ElementsAre("user.created", "identity.email.verified", "user.authenticated"));
  const auto code = done.finished->redirect_uri.substr(done.finished->redirect_uri.find('=') + 1);
  const auto found = core.ctx.run(core.finished_sign_ins.find(core.ctx, code));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->finished.authentication.session_id);
  EXPECT_FALSE(found->finished.authentication.announced);
  EXPECT_TRUE(found->finished.sign_in.suppress_session);
}

TEST(FlowRunner, what_is_refused_leaves_the_state_usable_and_says_which_flow_it_was) {
  Core core(fresh_project());
  sign_up(core);
  const auto begun = core.create("login");
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, {}); }), "ValidationFailed in login");
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, email_input("nobody@example.com")); }),
            "UserNotFound in login");
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, login_input("wrong")); }), "InvalidCredentials in login");
  EXPECT_EQ(core.show(begun.state_token).action.type, "identify");
  EXPECT_TRUE(core.feed(begun.state_token, login_input()).finished);
  EXPECT_THAT(core.texts(kEvents), testing::IsSupersetOf({"authentication.identity.login_id.failed",
                                                          "authentication.primary.password.failed"}));
}

TEST(FlowRunner, a_login_id_that_is_taken_cannot_be_signed_up_with) {
  Core core(fresh_project());
  sign_up(core);
  const auto begun = core.create("signup");
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, email_input()); }), "InvariantViolated in signup");
}

TEST(FlowRunner, of_two_sign_ups_with_one_address_the_second_to_finish_hears_that_it_is_taken) {
  auto project = fresh_project();
  project.no_rate_limits().config.verification.email_trigger_cooldown = {};
  Core core(project);
  const auto first = almost_signed_up(core);
  const auto second = almost_signed_up(core);
  EXPECT_TRUE(core.feed(first, new_password_input()).finished);
  EXPECT_EQ(reason_of([&] { core.feed(second, new_password_input()); }), "InvariantViolated in signup");
  EXPECT_EQ(core.texts("SELECT id FROM _auth_user WHERE app_id = $1").size(), 1U);
}

TEST(FlowRunner, a_retry_after_a_lost_answer_gets_the_same_result_and_nothing_else_does) {
  Core core(fresh_project());
  const auto token = almost_signed_up(core);
  const auto done = core.feed(token, new_password_input());
  const auto again = core.feed(token, new_password_input());
  EXPECT_EQ(again.finished->session_token, done.finished->session_token);
  EXPECT_EQ(again.finished->user, done.finished->user);
  EXPECT_EQ(again.action.type, "finished");
  EXPECT_EQ(core.texts(kSessions).size(), 1U);
  EXPECT_THAT(reason_of([&] { core.feed(token, new_password_input("another Passw0rd")); }),
              HasSubstr("AuthenticationFlowNotFound"));
  EXPECT_THAT(reason_of([&] { core.show(token); }), HasSubstr("AuthenticationFlowNotFound"));
}

TEST(FlowRunner, two_cores_that_finish_one_flow_at_the_same_time_finish_it_once) {
  const auto project = fresh_project();
  Core first(project);
  Core second(project);
  const auto token = almost_signed_up(first);
  auto other = std::async(std::launch::async, [&] { return second.feed(token, new_password_input()); });
  const auto mine = first.feed(token, new_password_input());
  EXPECT_EQ(mine.finished->session_token, other.get().finished->session_token);
  EXPECT_EQ(first.texts(kSessions).size(), 1U);
  EXPECT_EQ(first.texts("SELECT id FROM _auth_user WHERE app_id = $1").size(), 1U);
}

TEST(FlowRunner, old_states_of_a_finished_flow_lead_nowhere_even_when_redis_comes_back_with_them) {
  Core core(fresh_project());
  sign_up(core);
  const auto begun = core.create("login");
  const auto authenticate = core.feed(begun.state_token, email_input());
  const auto name = "app:" + core.ctx->app_id().str() + ":flow:*";
  const auto keys = core.ctx.run(core.redis.command(core.ctx, {"KEYS", name}));
  ASSERT_EQ(keys.array.size(), 1U);
  const auto dump = core.ctx.run(core.redis.command(core.ctx, {"DUMP", keys.array.front().text}));
  EXPECT_TRUE(core.feed(authenticate.state_token, password_input()).finished);
  EXPECT_THAT(reason_of([&] { core.feed(begun.state_token, login_input()); }), HasSubstr("AuthenticationFlowNotFound"));
  core.ctx.run(core.redis.command(core.ctx, {"RESTORE", keys.array.front().text, "0", dump.text}));
  EXPECT_EQ(core.show(begun.state_token).action.type, "identify");
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, login_input()); }), "AuthenticationFlowNotFound in login");
  EXPECT_EQ(core.texts(kSessions).size(), 2U);
}

TEST(FlowRunner, a_user_who_is_disabled_meanwhile_gets_no_session) {
  Core core(fresh_project());
  sign_up(core);
  const auto begun = core.create("login");
  const auto authenticate = core.feed(begun.state_token, email_input());
  core.write("UPDATE _auth_user SET is_disabled = true, is_indefinitely_disabled = true WHERE app_id = $1");
  EXPECT_EQ(reason_of([&] { core.feed(authenticate.state_token, password_input()); }), "DisabledUser in login");
  EXPECT_EQ(core.texts(kSessions).size(), 1U);
}

TEST(FlowRunner, a_password_that_is_changed_meanwhile_opens_nothing) {
  Core core(fresh_project());
  sign_up(core);
  const auto begun = core.create("login");
  const auto authenticate = core.feed(begun.state_token, email_input());
  core.write("UPDATE _auth_authenticator SET updated_at = updated_at + interval '1 second' WHERE app_id = $1");
  core.write("UPDATE _auth_authenticator_password SET password_hash = 'another' WHERE app_id = $1");
  EXPECT_EQ(reason_of([&] { core.feed(authenticate.state_token, password_input()); }), "InvalidCredentials in login");
  EXPECT_EQ(core.texts(kSessions).size(), 1U);
}

TEST(FlowRunner, a_password_in_an_old_format_is_stored_in_the_new_one_by_its_login) {
  const auto project = fresh_project();
  Core old(project, authenticator::HashFormat::bcrypt_sha512);
  sign_up(old);
  EXPECT_THAT(old.text(kHash), testing::StartsWith("$bcrypt-sha512$"));
  Core core(project);
  EXPECT_TRUE(log_in(core).finished);
  EXPECT_THAT(core.text(kHash), testing::StartsWith("$argon2id$"));
  EXPECT_TRUE(log_in(core).finished);
}

TEST(FlowRunner, a_password_below_a_new_policy_has_to_be_changed_before_anybody_is_signed_in) {
  auto project = fresh_project();
  Core before(project);
  sign_up(before);
  project.config.password.policy.min_length = 40;
  Core core(project);
  const auto change = log_in(core);
  EXPECT_EQ(change.action.type, "change_password");
  EXPECT_EQ(change.action.data.at("force_change_reason").as_string(), "policy");
  EXPECT_EQ(core.texts(kSessions).size(), 1U);
  EXPECT_EQ(reason_of([&] { core.feed(change.state_token, {{"new_password", "short"}}); }),
            "PasswordPolicyViolated in login");
  const std::string longer(45, 'x');
  EXPECT_TRUE(core.feed(change.state_token, {{"new_password", longer}}).finished);
  EXPECT_EQ(reason_of([&] { log_in(core); }), "InvalidCredentials in login");
  EXPECT_TRUE(log_in(core, longer).finished);
}

TEST(FlowRunner, guesses_are_limited_and_right_passwords_are_not) {
  Core core(fresh_project());
  sign_up(core);
  for (int i = 0; i < 15; ++i) {
    EXPECT_TRUE(log_in(core).finished);
  }
  const auto begun = core.create("login");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, login_input("wrong")); }), "InvalidCredentials in login");
  }
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, login_input()); }), "RateLimited in login");
}

TEST(FlowRunner, login_ids_that_do_not_exist_are_limited) {
  Core core(fresh_project());
  const auto begun = core.create("login");
  const auto guess = [&] { core.feed(begun.state_token, email_input("nobody@example.com")); };
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(reason_of(guess), "UserNotFound in login");
  }
  EXPECT_EQ(reason_of(guess), "RateLimited in login");
}

TEST(FlowRunner, a_locked_account_opens_to_nobody_until_its_time_is_over) {
  auto project = fresh_project();
  project.no_rate_limits();
  auto& lockout = project.config.authentication.lockout;
  lockout.max_attempts = 3;
  lockout.password_enabled = true;
  lockout.history_duration = 1h;
  lockout.minimum_duration = lockout.maximum_duration = 1min;
  Core core(project);
  sign_up(core);
  const auto begun = core.create("login");
  EXPECT_TRUE(log_in(core).finished);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, login_input("wrong")); }), "InvalidCredentials in login");
  }
  EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, login_input()); }), "AccountLockout in login");
  core.ctx.clock.advance(61s);
  EXPECT_TRUE(core.feed(begun.state_token, login_input()).finished);
}

TEST(FlowRunner, text_that_no_login_id_can_be_is_nobody) {
  Core core(fresh_project());
  const auto begun = core.create("login");
  for (const auto& text :
       {std::string("a\0b@example.com", 15), std::string("\xff\xfe@example.com"), std::string(5000, 'x')}) {
    EXPECT_EQ(reason_of([&] { core.feed(begun.state_token, email_input(text)); }), "UserNotFound in login");
  }
}

TEST(FlowRunner, events_tell_whether_the_user_is_verified) {
  Core core(fresh_project());
  sign_up(core);
  log_in(core);
  constexpr postgres::Sql kVerified =
      "SELECT payload->'payload'->'user'->>'is_verified' FROM _gatehouse_outbox "
      "WHERE app_id = $1 AND payload->>'type' = 'user.authenticated'";
  EXPECT_THAT(core.texts(kVerified), ElementsAre("true", "true"));
}

TEST(FlowRunner, a_code_is_sent_once_for_one_input_and_again_when_asked_later) {
  Core core(fresh_project());
  constexpr postgres::Sql kMails = "SELECT id::text FROM _gatehouse_outbox WHERE app_id = $1 AND kind <> 'event'";
  const auto begun = core.create("signup");
  const auto verify = core.feed(begun.state_token, email_input());
  core.feed(begun.state_token, email_input());
  EXPECT_EQ(core.texts(kMails).size(), 1U);
  EXPECT_EQ(reason_of([&] { core.feed(verify.state_token, {{"resend", true}}); }), "RateLimited in signup");
  EXPECT_EQ(reason_of([&] { core.feed(verify.state_token, {{"code", "000000"}}); }), "InvalidOTPCode in signup");
  core.ctx.clock.advance(61s);
  const auto resent = core.feed(verify.state_token, {{"resend", true}});
  EXPECT_EQ(resent.action.type, "verify");
  EXPECT_EQ(core.texts(kMails).size(), 2U);
  EXPECT_EQ(core.feed(resent.state_token, {{"code", kCode}}).action.type, "create_authenticator");
}

TEST(FlowRunner, the_twenty_first_flow_of_a_browser_drops_the_oldest) {
  Core core(fresh_project());
  std::vector<std::string> tokens;
  for (int i = 0; i <= kFlowsPerBrowser; ++i) {
    tokens.push_back(core.create(Start{.type = "login", .browser = "one browser"}).state_token);
  }
  const auto other = core.create(Start{.type = "login", .browser = "another"});
  EXPECT_THAT(reason_of([&] { core.show(tokens.front()); }), HasSubstr("AuthenticationFlowNotFound"));
  EXPECT_EQ(core.show(tokens.at(1)).action.type, "identify");
  EXPECT_EQ(core.show(tokens.back()).action.type, "identify");
  EXPECT_EQ(core.show(other.state_token).action.type, "identify");
}

TEST(FlowRunner, knows_whether_the_browser_that_asks_began_the_flow) {
  Core core(fresh_project());
  const auto begun_here = [&](const Reply& begun, std::string browser) {
    return core.ctx.run(core.runner->show(core.ctx, begun.state_token, std::move(browser))).begun_here;
  };
  const auto begun = core.create(Start{.type = "login", .browser = "one browser"});
  EXPECT_TRUE(begun_here(begun, "one browser"));
  EXPECT_FALSE(begun_here(begun, "another"));
  EXPECT_FALSE(begun_here(begun, ""));
  EXPECT_FALSE(begun_here(core.create(Start{.type = "login"}), ""));
}

TEST(FlowRunner, a_flow_ends_a_day_after_its_creation_whatever_happens_to_it) {
  Core core(fresh_project());
  const auto begun = core.create("login");
  core.ctx.clock.advance(24h - 1s);
  EXPECT_EQ(core.show(begun.state_token).action.type, "identify");
  core.ctx.clock.advance(1s);
  EXPECT_THAT(reason_of([&] { core.show(begun.state_token); }), HasSubstr("AuthenticationFlowNotFound"));
}

TEST(FlowRunner, tokens_that_are_none_and_flows_that_are_none_are_not_found) {
  Core core(fresh_project());
  for (const auto* token : {"", "x", "authflowstate_", "authflowstate_0123456789ABCDEFGHJKMNPQRSTVWXYZ"}) {
    EXPECT_THAT(reason_of([&] { core.feed(token, {}); }), HasSubstr("AuthenticationFlowNotFound")) << token;
    EXPECT_THAT(reason_of([&] { core.show(token); }), HasSubstr("AuthenticationFlowNotFound")) << token;
  }
  EXPECT_EQ(reason_of([&] { core.create("dance"); }), "AuthenticationFlowUnknownFlow");
  EXPECT_EQ(reason_of([&] { core.create(Start{.type = "login", .name = "mine"}); }), "AuthenticationFlowFlowNotFound");
}

TEST(FlowRunner, nobody_signs_up_where_that_is_switched_off) {
  auto project = fresh_project();
  project.config.authentication.public_signup_disabled = true;
  Core core(project);
  EXPECT_EQ(reason_of([&] { core.create("signup"); }), "AuthenticationFlowNoPublicSignup in signup");
}

TEST(FlowRunner, nothing_that_a_person_typed_lies_open_in_redis_or_in_the_outbox) {
  Core core(fresh_project());
  sign_up(core);
  core.feed(core.create("login").state_token, email_input());
  const auto keys = core.ctx.run(core.redis.command(core.ctx, {"KEYS", "app:" + core.ctx->app_id().str() + ":*"}));
  EXPECT_GE(keys.array.size(), 4U);
  for (const auto& key : keys.array) {
    const auto dump = core.ctx.run(core.redis.command(core.ctx, {"DUMP", key.text})).text;
    EXPECT_THAT(dump, Not(HasSubstr("marker"))) << key.text;
    EXPECT_THAT(dump, Not(HasSubstr("example.com"))) << key.text;
    EXPECT_THAT(dump, Not(HasSubstr("argon2"))) << key.text;
    const auto lives = core.ctx.run(core.redis.command(core.ctx, {"TTL", key.text})).integer;
    EXPECT_GT(lives, 0) << key.text;
  }
  for (const auto& row : core.texts("SELECT concat(payload::text, sealed) FROM _gatehouse_outbox WHERE app_id = $1")) {
    EXPECT_THAT(row, Not(HasSubstr("marker")));
  }
}

}  // namespace gatehouse::flow
