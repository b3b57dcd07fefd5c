#include "domain/user/users.h"

#include "domain/identity/login_id.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"
#include "support/postgres_server.h"
#include "support/test_project.h"

namespace gatehouse::user {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const TimePoint kNow = from_unix_seconds(1'800'000'000);

json::value refusal(const User& user) {
  try {
    check_may_sign_in(user, kNow);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::forbidden);
    json::object said = error.info();
    said["reason"] = error.reason();
    if (error.info().contains("reason")) {
      said["info_reason"] = error.info().at("reason");
    }
    EXPECT_FALSE(may_sign_in(user, kNow));
    return said;
  }
  EXPECT_TRUE(may_sign_in(user, kNow));
  return nullptr;
}

User disabled_user() {
  User user;
  user.is_indefinitely_disabled = true;
  return user;
}

TEST(AccountStatus, an_ordinary_user_may_sign_in) { EXPECT_EQ(refusal(User{}), nullptr); }

TEST(AccountStatus, a_disabled_user_hears_the_reason) {
  User user = disabled_user();
  EXPECT_EQ(refusal(user), (json::value{{"reason", "DisabledUser"}, {"info_reason", nullptr}}));
  user.disable_reason = "spam";
  EXPECT_EQ(refusal(user), (json::value{{"reason", "DisabledUser"}, {"info_reason", "spam"}}));
}

TEST(AccountStatus, a_scheduled_end_is_told_with_its_time) {
  User user = disabled_user();
  user.delete_at = kNow + 1h;
  EXPECT_EQ(refusal(user), (json::value{{"reason", "ScheduledDeletionByAdmin"}, {"delete_at", rfc3339(kNow + 1h)}}));
  user.is_deactivated = true;
  EXPECT_EQ(refusal(user), (json::value{{"reason", "ScheduledDeletionByEndUser"}, {"delete_at", rfc3339(kNow + 1h)}}));
  user = disabled_user();
  user.anonymize_at = kNow + 2h;
  EXPECT_EQ(refusal(user),
            (json::value{{"reason", "ScheduledAnonymizationByAdmin"}, {"anonymize_at", rfc3339(kNow + 2h)}}));
  user.is_anonymized = true;
  EXPECT_EQ(refusal(user), (json::value{{"reason", "AnonymizedUser"}}));
}

TEST(AccountStatus, a_temporary_disablement_begins_and_ends_on_the_moment) {
  User user;
  user.temporarily_disabled_from = kNow;
  user.temporarily_disabled_until = kNow + 1us;
  EXPECT_EQ(refusal(user), (json::value{{"reason", "DisabledUser"}, {"info_reason", nullptr}}));
  user.temporarily_disabled_until = kNow;
  EXPECT_EQ(refusal(user), nullptr);
  user.temporarily_disabled_from = kNow + 1us;
  user.temporarily_disabled_until = kNow + 1h;
  EXPECT_EQ(refusal(user), nullptr);
}

TEST(AccountStatus, an_account_is_valid_from_a_moment_until_another) {
  const json::value outside{{"reason", "UserOutsideValidPeriod"}};
  User user;
  user.account_valid_from = kNow + 1us;
  EXPECT_EQ(refusal(user), outside);
  user.account_valid_from = kNow;
  EXPECT_EQ(refusal(user), nullptr);
  user.account_valid_until = kNow + 1us;
  EXPECT_EQ(refusal(user), nullptr);
  user.account_valid_until = kNow;
  EXPECT_EQ(refusal(user), outside);
}

TEST(VerificationCriteria, any_needs_one_and_all_needs_each) {
  project::VerificationConfig any;
  project::VerificationConfig all;
  all.criteria_all = true;
  const ClaimStatus good{"email", true};
  const ClaimStatus bad{"email", false};
  EXPECT_FALSE(meets_criteria(any, {}));
  EXPECT_FALSE(meets_criteria(all, {}));
  EXPECT_FALSE(meets_criteria(any, {bad}));
  EXPECT_TRUE(meets_criteria(any, {good, bad}));
  EXPECT_FALSE(meets_criteria(all, {good, bad}));
  EXPECT_TRUE(meets_criteria(all, {good, good}));
}

TEST(VerificationCriteria, a_claim_that_cannot_be_verified_does_not_count) {
  project::VerificationConfig config;
  config.email = {.enabled = false, .required = false};
  EXPECT_FALSE(meets_criteria(config, {{"email", true}}));
  EXPECT_TRUE(meets_criteria(config, {{"email", false}, {"phone_number", true}}));
}

User person() {
  User user;
  user.id = UserId{"11111111-1111-4111-8111-111111111111"};
  user.created_at = kNow - 24h;
  user.updated_at = kNow - 1h;
  user.standard_attributes = {{"email", "a@example.com"},  {"given_name", "A"},    {"nickname", "hidden"},
                              {"address", json::object{}}, {"phone_number", "+1"}, {"locale", "en"}};
  user.custom_attributes = {{"0000", 1}};
  return user;
}

TEST(StandardClaims, each_scope_has_its_claims_and_hidden_ones_stay_hidden) {
  const std::vector<VerifiedClaim> verified{{"email", "a@example.com"}, {"phone_number", "+2"}};
  EXPECT_EQ(standard_claims(person(), verified, {"openid"}), json::object{});
  EXPECT_EQ(standard_claims(person(), verified, {"openid", "email"}),
            (json::object{{"email", "a@example.com"}, {"email_verified", true}}));
  EXPECT_EQ(standard_claims(person(), verified, {"phone"}),
            (json::object{{"phone_number", "+1"}, {"phone_number_verified", false}}));
  EXPECT_EQ(standard_claims(person(), verified, {"profile", "address"}),
            (json::object{{"given_name", "A"}, {"locale", "en"}, {"updated_at", unix_seconds(kNow - 1h)}}));
}

TEST(EventModel, it_has_the_contracts_keys) {
  User user = person();
  EXPECT_EQ(to_event_json(user, true, false, {{"email", "a@example.com"}}),
            (json::object{{"id", user.id.str()},
                          {"created_at", rfc3339(user.created_at)},
                          {"updated_at", rfc3339(user.updated_at)},
                          {"is_anonymous", false},
                          {"is_verified", true},
                          {"is_disabled", false},
                          {"is_deactivated", false},
                          {"is_anonymized", false},
                          {"can_reauthenticate", false},
                          {"standard_attributes",
                           {{"email", "a@example.com"},
                            {"email_verified", true},
                            {"given_name", "A"},
                            {"nickname", "hidden"},
                            {"address", json::object{}},
                            {"phone_number", "+1"},
                            {"phone_number_verified", false},
                            {"locale", "en"},
                            {"updated_at", unix_seconds(user.updated_at)}}},
                          {"custom_attributes", {{"0000", 1}}},
                          {"x_web3", json::object{}},
                          {"roles", json::array{}},
                          {"groups", json::array{}}}));
  user.last_login_at = kNow;
  user.account_valid_until = kNow + 1h;
  user.disable_reason = "x";
  const auto more = to_event_json(user, true, false);
  EXPECT_EQ(more.at("last_login_at"), json::value(rfc3339(kNow)));
  EXPECT_EQ(more.at("account_valid_until"), json::value(rfc3339(kNow + 1h)));
  EXPECT_EQ(more.at("disable_reason"), "x");
}

// One for all tests; each has a project of its own.
const std::string& database() {
  static const std::string url = test::fresh_database();
  return url;
}

class UsersInDatabase : public testing::Test {
 protected:
  UsersInDatabase() : ctx_(test::TestProject(uuid_v4()).database(database()).build()) {}

  void write(const std::function<void(postgres::Batch&)>& fill) {
    postgres::Batch batch;
    fill(batch);
    ctx_.run(ctx_->commit(std::move(batch)));
  }

  User add_user() {
    User user = person();
    user.id = UserId{uuid_v4()};
    write([&](postgres::Batch& batch) { users_.insert(batch, *ctx_, user); });
    return user;
  }

  void add_email(const UserId& user, const std::string& address) {
    const auto id = identity::normalize(*ctx_.project, "email", address);
    write([&](postgres::Batch& batch) {
      identity::LoginIds().insert(batch, *ctx_, identity::make_identity(id, user, ctx_->now()));
    });
  }

  void prove(const UserId& user, const std::string& address) {
    write([&](postgres::Batch& batch) { users_.mark_verified(batch, *ctx_, user, {"email", address}); });
  }

  test::TestContext ctx_;
  Users users_;
};

TEST_F(UsersInDatabase, a_user_is_found_as_it_was_written) {
  const User user = add_user();
  const auto found = ctx_.run(users_.find(*ctx_, user.id));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->standard_attributes, user.standard_attributes);
  EXPECT_EQ(found->custom_attributes, user.custom_attributes);
  EXPECT_EQ(found->created_at, user.created_at);
  EXPECT_FALSE(found->last_login_at);
  EXPECT_FALSE(found->is_disabled);
  EXPECT_FALSE(ctx_.run(users_.find(*ctx_, UserId{uuid_v4()})));
}

TEST_F(UsersInDatabase, a_user_of_another_project_is_not_there) {
  const User user = add_user();
  test::TestContext other(test::TestProject("other").database(ctx_.project->secrets.database_url).build());
  EXPECT_FALSE(other.run(users_.find(*other, user.id)));
}

TEST_F(UsersInDatabase, signing_in_moves_the_latest_time_back) {
  static constexpr postgres::Sql kSql =
      "SELECT last_login_at = login_at - interval '1 hour' FROM _auth_user WHERE app_id = $1 AND id = $2";
  const User user = add_user();
  write([&](postgres::Batch& batch) { users_.record_login(batch, *ctx_, user.id); });
  EXPECT_EQ(ctx_.run(users_.find(*ctx_, user.id))->last_login_at, ctx_->now());
  ctx_.clock.advance(1h);
  write([&](postgres::Batch& batch) { users_.record_login(batch, *ctx_, user.id); });
  EXPECT_EQ(ctx_.run(users_.find(*ctx_, user.id))->last_login_at, ctx_->now());
  EXPECT_TRUE(ctx_.run(ctx_->db().one<bool>(kSql, ctx_->app_id(), user.id)));
}

TEST_F(UsersInDatabase, the_status_columns_decide_whatever_is_disabled_says) {
  static constexpr postgres::Sql kSql =
      "UPDATE _auth_user SET account_valid_until = $3, is_indefinitely_disabled = NULL WHERE app_id = $1 AND id = $2";
  const User user = add_user();
  ctx_.run(ctx_->db().execute(kSql, ctx_->app_id(), user.id, ctx_->now() + 1h));
  EXPECT_FALSE(ctx_.run(users_.find(*ctx_, user.id))->is_disabled);
  ctx_.clock.advance(1h);
  EXPECT_TRUE(ctx_.run(users_.find(*ctx_, user.id))->is_disabled);
}

TEST_F(UsersInDatabase, a_user_is_verified_by_the_projects_criteria) {
  const User user = add_user();
  add_email(user.id, user.id.str() + "@one.example");
  add_email(user.id, user.id.str() + "@two.example");
  EXPECT_FALSE(ctx_.run(users_.is_verified(*ctx_, user.id)));
  prove(user.id, "somebody@else.example");
  EXPECT_FALSE(ctx_.run(users_.is_verified(*ctx_, user.id)));
  prove(user.id, user.id.str() + "@one.example");
  EXPECT_TRUE(ctx_.run(users_.is_verified(*ctx_, user.id)));
}

TEST_F(UsersInDatabase, a_claim_is_marked_once) {
  const User user = add_user();
  prove(user.id, "a@example.com");
  prove(user.id, "a@example.com");
  const auto claims = ctx_.run(users_.verified_claims(*ctx_, user.id));
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims[0].name, "email");
  EXPECT_EQ(claims[0].value, "a@example.com");
}

}  // namespace
}  // namespace gatehouse::user
