#include "domain/sign_in/sign_in.h"

#include "support/redis_server.h"
#include "support/token_process.h"

namespace gatehouse::sign_in {
namespace {

using test::Process;
using test::TestProject;

SignIn a_request() {
  SignIn request;
  request.client_id = test::kPublicClient;
  request.authorization_request = {{"client_id", test::kPublicClient}, {"state", "marker-of-the-request"}};
  request.prompt = {"login"};
  request.login_hint = "person@example.com";
  request.ui_locales = "de en";
  request.page = "signup";
  return request;
}

class SignInRequest : public testing::Test {
 protected:
  project::Handle project_ = TestProject{}.database(test::fresh_database()).build();
  Process a_{project_};
  test::RedisServer redis_;
  redis::Client client_{a_.core.io, {.url = redis_.url()}};
  telemetry::Metrics metrics_;
  protection::RateLimiter limiter_{client_, metrics_, std::make_shared<protection::LocalWindows>(), 3};
  SignIns sign_ins_{client_, a_.keys, limiter_};
};

TEST_F(SignInRequest, is_found_by_its_id_as_it_was) {
  const auto made = a_.run(sign_ins_.create(a_.core, a_request()));
  EXPECT_EQ(made.id.size(), 32u);
  const auto found = a_.run(sign_ins_.find(a_.core, made.id));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, made.id);
  EXPECT_EQ(found->created_at, a_.core->now());
  EXPECT_EQ(found->client_id, made.client_id);
  EXPECT_EQ(found->authorization_request, made.authorization_request);
  EXPECT_EQ(found->prompt, made.prompt);
  EXPECT_EQ(found->login_hint, made.login_hint);
  EXPECT_EQ(found->ui_locales, made.ui_locales);
  EXPECT_EQ(found->page, made.page);
}

TEST_F(SignInRequest, is_refused_to_a_network_that_begins_too_many_while_others_go_on) {
  const auto begin = [&](const std::string& address) {
    a_.core->client_ip = address;
    a_.run(sign_ins_.create(a_.core, a_request()));
  };
  for (const std::string address : {"2001:db8::1", "2001:db8:0:ff::1", "2001:db8::2"}) {
    begin(address);
  }
  try {
    begin("2001:db8::3");
    FAIL() << "the fourth of a /56 was let through";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::too_many_request);
    EXPECT_GT(error.retry_after(), 0);
  }
  begin("2001:db8:0:100::1");
  begin("192.0.2.1");
}

TEST_F(SignInRequest, of_more_than_sixteen_kibibytes_is_refused_and_not_kept) {
  auto request = a_request();
  request.authorization_request["state"] = std::string(15 * 1024, 's');
  a_.run(sign_ins_.create(a_.core, request));
  request.authorization_request["state"] = std::string(16 * 1024, 's');
  try {
    a_.run(sign_ins_.create(a_.core, request));
    FAIL() << "it was kept";
  } catch (const client::OAuthError& error) {
    EXPECT_EQ(error.error(), "invalid_request");
    EXPECT_TRUE(error.description().contains("too large")) << error.description();
  }
  EXPECT_EQ(a_.run(client_.command(a_.core, {"KEYS", "*:sign-in:*"})).array.size(), 1u);
}

TEST_F(SignInRequest, is_not_found_by_anything_else_nor_by_another_project) {
  const auto made = a_.run(sign_ins_.create(a_.core, a_request()));
  for (const std::string& id : {std::string(), std::string(32, 'A'), made.id + "A", made.id.substr(1)}) {
    EXPECT_FALSE(a_.run(sign_ins_.find(a_.core, id)));
  }
  Process other(TestProject{"other"}.database(project_->secrets.database_url).build());
  redis::Client client(other.core.io, {.url = redis_.url()});
  EXPECT_FALSE(other.run(SignIns(client, other.keys, limiter_).find(other.core, made.id)));
}

TEST_F(SignInRequest, is_gone_after_twenty_five_minutes) {
  const auto made = a_.run(sign_ins_.create(a_.core, a_request()));
  a_.core.clock.advance(std::chrono::minutes{25} - Seconds{1});
  EXPECT_TRUE(a_.run(sign_ins_.find(a_.core, made.id)));
  a_.core.clock.advance(Seconds{1});
  EXPECT_FALSE(a_.run(sign_ins_.find(a_.core, made.id)));
}

TEST_F(SignInRequest, lies_sealed_under_a_key_that_does_not_tell_its_id) {
  const auto made = a_.run(sign_ins_.create(a_.core, a_request()));
  const auto keys = a_.run(client_.command(a_.core, {"KEYS", "*:sign-in:*"}));
  ASSERT_EQ(keys.array.size(), 1u);
  const std::string key = keys.array.front().text;
  EXPECT_EQ(key.find(made.id), std::string::npos);
  const auto sealed = a_.run(client_.get(a_.core, key)).value();
  EXPECT_EQ(sealed.find("marker-of-the-request"), std::string::npos);
  a_.run(client_.set(a_.core, key, sealed.substr(0, sealed.size() - 2) + "AA", Seconds{60}));
  EXPECT_FALSE(a_.run(sign_ins_.find(a_.core, made.id)));
}

class FinishedSignInTest : public SignInRequest {
 protected:
  FinishedSignIn finished() {
    FinishedSignIn result;
    result.sign_in = a_request();
    result.sign_in.id = std::string(32, '0');
    result.authentication.user_id = UserId{uuid_v4()};
    result.authentication.amr = {"pwd", "otp"};
    result.authentication.authenticated_at = a_.core->now();
    result.authentication.session_id = SessionId{uuid_v4()};
    return result;
  }
  std::string add(const FinishedSignIn& result) {
    postgres::Batch batch;
    auto code = finished_.insert(batch, a_.core, result);
    a_.commit(std::move(batch));
    return code;
  }

  FinishedSignIns finished_{a_.keys};
};

TEST_F(FinishedSignInTest, is_found_by_its_code_as_it_was_after_redis_was_wiped) {
  const auto result = finished();
  const auto code = add(result);
  EXPECT_EQ(code.size(), 32u);
  a_.run(client_.command(a_.core, {"FLUSHALL"}));
  const auto found = a_.run(finished_.find(a_.core, code));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finished.sign_in.authorization_request, result.sign_in.authorization_request);
  EXPECT_EQ(found->finished.authentication.user_id, result.authentication.user_id);
  EXPECT_EQ(found->finished.authentication.amr, result.authentication.amr);
  EXPECT_EQ(found->finished.authentication.authenticated_at, result.authentication.authenticated_at);
  EXPECT_EQ(found->finished.authentication.session_id, result.authentication.session_id);
}

TEST_F(FinishedSignInTest, gives_one_authorization_code) {
  const auto code = add(finished());
  const auto user = a_.add_user();
  const auto found = a_.run(finished_.find(a_.core, code));
  const auto spend = [&] {
    postgres::Batch batch;
    const auto authorization_code = grant::AuthorizationCodes::insert(batch, a_.core, a_.code_grant(user));
    const auto outcome = a_.run(consume::commit(a_.core, found->artefact, std::move(batch)));
    return std::pair(outcome, authorization_code);
  };
  const auto [first, first_code] = spend();
  const auto [second, second_code] = spend();
  EXPECT_EQ(first, consume::Outcome::done);
  EXPECT_EQ(second, consume::Outcome::already_used);
  EXPECT_NO_THROW(a_.exchange(first_code));
  EXPECT_THROW(a_.exchange(second_code), client::OAuthError);
}

TEST_F(FinishedSignInTest, is_gone_after_five_minutes_also_over_midnight) {
  const auto midnight = std::chrono::ceil<std::chrono::days>(a_.core.clock.now());
  a_.core.clock.advance(midnight - Seconds{60} - a_.core.clock.now());
  const auto code = add(finished());
  a_.core.clock.advance(Seconds{299});
  EXPECT_TRUE(a_.run(finished_.find(a_.core, code)));
  a_.core.clock.advance(Seconds{1});
  EXPECT_FALSE(a_.run(finished_.find(a_.core, code)));
}

TEST_F(FinishedSignInTest, of_another_project_is_unknown) {
  const auto code = add(finished());
  Process other(TestProject{"other"}.database(project_->secrets.database_url).build());
  EXPECT_FALSE(other.run(FinishedSignIns(other.keys).find(other.core, code)));
  EXPECT_FALSE(a_.run(finished_.find(a_.core, std::string(32, '0'))));
}

}  // namespace
}  // namespace gatehouse::sign_in
