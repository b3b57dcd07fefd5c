// Where the project hides accounts, nothing that a person can see tells whether there is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/message/mail_message.h"
#include "flow/run/stand_in.h"
#include "flow/run/test_core.h"

namespace gatehouse::flow {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kKnown = "person@example.com";
constexpr const char* kNobody = "nobody@example.com";
constexpr const char* kPassword = "a good Passw0rd for it";
constexpr const char* kCode = "111111";
constexpr postgres::Sql kEvents =
    "SELECT payload->>'type' FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'event' ORDER BY payload->>'seq'";
constexpr postgres::Sql kUsers = "SELECT id FROM _auth_user WHERE app_id = $1";

Input email(const std::string& address) { return {{"identification", "email"}, {"login_id", address}}; }
Input user_name(const std::string& name) { return {{"identification", "username"}, {"login_id", name}}; }
Input password(const std::string& text) { return {{"authentication", "primary_password"}, {"password", text}}; }

test::TestProject hiding_project() {
  auto project = fresh_project();
  project.config.own.authentication.hide_unknown_accounts = true;
  project.config.login_id.keys = {{.key = "email", .type = "email", .max_length = 320},
                                  {.key = "username", .type = "username", .max_length = 40}};
  return project;
}

test::TestProject locking_project() {
  auto project = hiding_project();
  project.config.authentication.lockout = {.max_attempts = 3,
                                           .history_duration = 1h,
                                           .minimum_duration = 5min,
                                           .maximum_duration = 1h,
                                           .password_enabled = true};
  return project;
}

void sign_up(Core& core, const std::string& address = kKnown) {
  auto reply = core.feed(core.create("signup").state_token, email(address));
  if (reply.action.type == "verify") {
    reply = core.feed(reply.state_token, {{"code", kCode}});
  }
  reply = core.feed(reply.state_token, {{"authentication", "primary_password"}, {"new_password", kPassword}});
  ASSERT_TRUE(reply.finished);
}

// A second login ID for the only user.
void add_user_name(Core& core, const std::string& name) {
  const auto login_id = identity::normalize(core.ctx->project(), "username", name);
  postgres::Batch batch;
  core.login_ids.insert(batch, core.ctx, identity::make_identity(login_id, UserId(core.text(kUsers)), core.ctx->now()));
  core.ctx.run(core.ctx->commit(std::move(batch)));
}

// All that a person is told: what is asked next, or what is wrong.
template <class F>
std::string told(F call) {
  try {
    const Reply reply = call();
    auto data = reply.action.data;
    data.erase("can_resend_at");
    return reply.action.type + " " + boost::json::serialize(data);
  } catch (const Error& error) {
    auto info = error.info();
    info.erase("until");
    return std::to_string(static_cast<int>(error.kind())) + " " + error.reason() + " " + error.message() + " " +
           boost::json::serialize(info);
  }
}

// What a login hears: after its login ID, then after each of some wrong passwords.
std::vector<std::string> told_at_login(Core& core, const Input& who, int tries = 2) {
  const auto token = core.create("login").state_token;
  std::vector<std::string> heard{told([&] { return core.feed(token, who); })};
  const auto next = core.feed(core.create("login").state_token, who).state_token;
  for (int i = 0; i < tries; ++i) {
    heard.push_back(told([&] { return core.feed(next, password("wrong")); }));
  }
  return heard;
}

std::vector<message::MailRequest> mails(Core& core) {
  std::vector<message::MailRequest> opened;
  const auto ids = core.texts("SELECT id::text FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'mail' ORDER BY id");
  const auto sealed =
      core.texts("SELECT sealed FROM _gatehouse_outbox WHERE app_id = $1 AND kind = 'mail' ORDER BY id");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    opened.push_back(message::open(test_keys(), core.ctx->app_id(), ids[i], sealed[i]).value());
  }
  return opened;
}

}  // namespace

TEST(HiddenAccounts, a_login_of_nobody_reads_like_a_login_with_a_wrong_password) {
  Core core(hiding_project());
  sign_up(core);
  const auto known = told_at_login(core, email(kKnown));
  ASSERT_THAT(known[0], HasSubstr("authenticate"));
  ASSERT_THAT(known[1], HasSubstr("InvalidCredentials"));
  EXPECT_EQ(told_at_login(core, email(kNobody)), known);
  EXPECT_EQ(told_at_login(core, {{"identification", "username"}, {"login_id", "nobody"}}), known);
}

TEST(HiddenAccounts, login_id_and_password_in_one_input_read_the_same_too) {
  Core core(hiding_project());
  sign_up(core);
  const auto at_once = [&](const std::string& address) {
    auto input = email(address);
    input["authentication"] = "primary_password";
    input["password"] = "wrong";
    return told([&] { return core.feed(core.create("login").state_token, input); });
  };
  EXPECT_EQ(at_once(kKnown), at_once(kNobody));
  EXPECT_THAT(core.texts(kEvents), testing::IsSupersetOf({std::string("authentication.primary.password.failed"),
                                                          std::string("authentication.identity.login_id.failed")}));
}

TEST(HiddenAccounts, nobody_runs_into_the_same_limits) {
  Core core(hiding_project());
  sign_up(core);
  const auto known = told_at_login(core, email(kKnown), 12);
  EXPECT_THAT(known[10], HasSubstr("InvalidCredentials"));
  EXPECT_THAT(known[11], HasSubstr("RateLimited"));
  core.ctx->client_ip = "192.0.2.2";
  EXPECT_EQ(told_at_login(core, email(kNobody), 12), known);
}

TEST(HiddenAccounts, nobody_is_locked_out_like_anybody) {
  Core core(locking_project());
  sign_up(core);
  const auto known = told_at_login(core, email(kKnown), 5);
  EXPECT_THAT(known[3], HasSubstr("InvalidCredentials"));
  EXPECT_THAT(known[4], HasSubstr("AccountLockout"));
  EXPECT_EQ(told_at_login(core, email(kNobody), 5), known);
  EXPECT_THAT(told_at_login(core, email("somebody.else@example.com"), 1)[1], HasSubstr("InvalidCredentials"));
  // The same nobody for every way of writing the login ID.
  EXPECT_THAT(told_at_login(core, email(" NOBODY@Example.com"), 1)[1], HasSubstr("AccountLockout"));
}

TEST(HiddenAccounts, one_login_id_does_not_tell_what_was_tried_at_another_of_its_user) {
  Core core(hiding_project());
  sign_up(core);
  add_user_name(core, "known");
  const auto tried = told_at_login(core, email(kKnown), 12);
  EXPECT_THAT(tried.back(), HasSubstr("RateLimited"));
  EXPECT_EQ(told_at_login(core, user_name("known"), 12), tried);
}

TEST(HiddenAccounts, a_lock_holds_for_all_login_ids_of_a_user_and_is_said_for_the_one_that_was_tried) {
  Core core(locking_project());
  sign_up(core);
  add_user_name(core, "known");
  const auto tried = told_at_login(core, email(kKnown), 4);
  EXPECT_THAT(tried.back(), HasSubstr("AccountLockout"));
  const auto at_password = core.feed(core.create("login").state_token, user_name("known")).state_token;
  const auto right = [&] { return told([&] { return core.feed(at_password, password(kPassword)); }); };
  EXPECT_THAT(right(), HasSubstr("InvalidCredentials")) << "not looked at";
  EXPECT_EQ(told_at_login(core, user_name("known"), 2).back(), tried[2]);
  EXPECT_EQ(right(), told_at_login(core, user_name("nobody"), 4).back()) << "locked after as many as anybody";
  core.ctx.clock.advance(5min);
  EXPECT_THAT(right(), HasSubstr("finished"));
  EXPECT_TRUE(core.texts("SELECT user_id FROM _gatehouse_lockout WHERE app_id = $1 AND user_id IN "
                         "(SELECT id FROM _auth_user)")
                  .empty())
      << "a right password forgets the attempts";
}

TEST(HiddenAccounts, where_they_are_not_hidden_a_locked_user_hears_so_at_each_login_id) {
  auto project = locking_project();
  project.config.own.authentication.hide_unknown_accounts = false;
  Core core(project);
  sign_up(core);
  add_user_name(core, "known");
  const auto tried = told_at_login(core, email(kKnown), 4);
  EXPECT_EQ(told_at_login(core, user_name("known"), 1).back(), tried.back());
}

TEST(HiddenAccounts, a_disabled_account_says_so_only_to_who_knows_its_password) {
  Core core(hiding_project());
  sign_up(core);
  core.write("UPDATE _auth_user SET is_disabled = true, is_indefinitely_disabled = true WHERE app_id = $1");
  EXPECT_EQ(told_at_login(core, email(kKnown)), told_at_login(core, email(kNobody)));
  const auto at_password = core.feed(core.create("login").state_token, email(kKnown)).state_token;
  EXPECT_THAT(told([&] { return core.feed(at_password, password(kPassword)); }), HasSubstr("DisabledUser"));
}

TEST(HiddenAccounts, a_sign_up_with_a_taken_address_reads_like_one_with_a_free_address) {
  Core core(hiding_project());
  sign_up(core);
  core.ctx.clock.advance(2min);
  const auto before = mails(core).size();
  const auto heard = [&](const std::string& address) {
    auto reply = core.feed(core.create("signup").state_token, email(address));
    std::vector<std::string> all{told([&] { return core.show(reply.state_token); })};
    for (const auto* code : {"000000", "111112", ""}) {
      all.push_back(told([&] { return core.feed(reply.state_token, {{"code", code}}); }));
    }
    all.push_back(told([&] { return core.feed(reply.state_token, {{"resend", true}}); }));
    return all;
  };
  const auto free = heard("nobody@example.com");
  auto taken = heard(kKnown);
  EXPECT_THAT(taken[0], HasSubstr("per***@example.com"));
  taken[0].replace(taken[0].find("per***"), 6, "nob***");
  EXPECT_EQ(taken, free);
  EXPECT_EQ(mails(core).size(), before + 2) << "the second within a minute is refused, to both";
}

TEST(HiddenAccounts, an_address_that_was_just_written_to_waits_whichever_message_it_got) {
  Core core(hiding_project());
  const auto begins = [&](const char* address) {
    return told([&] { return core.feed(core.create("signup").state_token, email(address)); });
  };
  sign_up(core);  // verified by a code a moment ago
  EXPECT_THAT(begins(kKnown), HasSubstr("RateLimited"));
  EXPECT_THAT(begins(kNobody), HasSubstr("verify"));
  EXPECT_EQ(begins(kNobody), begins(kKnown));
}

TEST(HiddenAccounts, the_owner_of_a_taken_address_gets_a_link_and_no_code_and_no_code_is_right) {
  Core core(hiding_project());
  sign_up(core);
  core.ctx.clock.advance(2min);
  const auto users = core.texts(kUsers);
  const auto events = core.texts(kEvents);
  const auto verify = core.feed(core.create("signup").state_token, email("Person@example.com"));
  const auto mail = mails(core).back();
  EXPECT_EQ(mail.type, "account-exists");
  EXPECT_EQ(mail.recipient, kKnown);
  EXPECT_FALSE(mail.variables.contains("Code"));
  const auto text = message::render(core.ctx->project(), mail, core.ctx->now(), "id@app.localhost");
  EXPECT_THAT(text, HasSubstr("http://app.localhost:3000/login"));
  EXPECT_THAT(text, HasSubstr("Subject: You have an account with"));
  const Input everything{{"code", kCode}, {"authentication", "primary_password"}, {"new_password", kPassword}};
  EXPECT_THAT(told([&] { return core.feed(verify.state_token, everything); }), HasSubstr("InvalidOTPCode"));
  EXPECT_EQ(core.texts(kUsers), users);
  EXPECT_EQ(core.texts(kEvents), events);
}

TEST(HiddenAccounts, a_user_name_is_still_said_to_be_taken) {
  Core core(hiding_project());
  const Input name{{"identification", "username"}, {"login_id", "somebody"}};
  auto reply = core.feed(core.create("signup").state_token, name);
  core.feed(reply.state_token, {{"authentication", "primary_password"}, {"new_password", kPassword}});
  EXPECT_THAT(told([&] { return core.feed(core.create("signup").state_token, name); }), HasSubstr("InvariantViolated"));
}

TEST(HiddenAccounts, without_verification_a_sign_up_cannot_hide_a_taken_address) {
  auto project = hiding_project();
  project.config.verification.email.required = false;
  Core core(project);
  sign_up(core);
  EXPECT_THAT(told([&] { return core.feed(core.create("signup").state_token, email(kKnown)); }),
              HasSubstr("InvariantViolated"));
}

TEST(HiddenAccounts, where_they_are_not_hidden_the_contracts_answers_stay) {
  auto project = hiding_project();
  project.config.own.authentication.hide_unknown_accounts = false;
  Core core(project);
  sign_up(core);
  EXPECT_THAT(told([&] { return core.feed(core.create("login").state_token, email(kNobody)); }),
              HasSubstr("UserNotFound"));
  EXPECT_THAT(told([&] { return core.feed(core.create("signup").state_token, email(kKnown)); }),
              HasSubstr("InvariantViolated"));
}

TEST(HiddenAccounts, a_stand_in_looks_like_a_user_and_is_the_same_only_for_the_same_login_id) {
  Core core(hiding_project());
  const identity::NormalizedLoginId one{.type = "email", .unique_key = "a@example.com"};
  const identity::NormalizedLoginId other{.type = "email", .unique_key = "b@example.com"};
  const auto id = stand_in_for(test_keys(), *core.ctx, one).str();
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(stand_in_for(test_keys(), *core.ctx, one).str(), id);
  EXPECT_NE(stand_in_for(test_keys(), *core.ctx, other).str(), id);
  const auto elsewhere = crypto::KeyRing::parse(crypto::KeyRing::generate());
  EXPECT_NE(stand_in_for(elsewhere, *core.ctx, one).str(), id);
}

}  // namespace gatehouse::flow
