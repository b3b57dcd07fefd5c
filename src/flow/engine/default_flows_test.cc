#include "flow/engine/default_flows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::flow {

namespace {

project::Config usual() {
  project::Config config;
  config.authentication.identities = {"oauth", "login_id"};
  config.authentication.primary_authenticators = {"oob_otp_email", "password"};
  config.authentication.secondary_authenticators = {"totp"};
  config.login_id.keys = {{.key = "email", .type = "email"}, {.key = "name", .type = "username"}};
  return config;
}

std::vector<std::string> methods(const StepDefinition& step) {
  std::vector<std::string> names;
  for (const auto& branch : step.one_of) {
    names.push_back(text(*branch.authentication));
  }
  return names;
}

}  // namespace

TEST(DefaultFlows, sign_up_verifies_an_address_and_then_sets_up_what_fits_it) {
  const auto flow = define_flow(usual(), "signup", "default");
  ASSERT_EQ(flow.steps.size(), 1U);
  ASSERT_EQ(flow.steps[0].one_of.size(), 2U);
  const auto& email = flow.steps[0].one_of[0];
  ASSERT_EQ(email.steps.size(), 2U);
  EXPECT_EQ(email.steps[0].type, StepType::verify);
  EXPECT_EQ(email.steps[0].target_step, "signup_identify");
  EXPECT_EQ(email.steps[1].name, "authenticate_primary_email");
  EXPECT_THAT(methods(email.steps[1]), testing::ElementsAre("primary_oob_otp_email", "primary_password"));
  const auto& username = flow.steps[0].one_of[1];
  ASSERT_EQ(username.steps.size(), 1U);
  EXPECT_THAT(methods(username.steps[0]), testing::ElementsAre("primary_password"));
}

TEST(DefaultFlows, sign_up_verifies_nothing_that_the_project_does_not_require) {
  auto config = usual();
  config.verification.email.required = false;
  EXPECT_EQ(define_flow(config, "signup", "default").steps[0].one_of[0].steps[0].type, StepType::create_authenticator);
}

TEST(DefaultFlows, login_asks_for_the_second_factor_and_a_change_after_the_password) {
  const auto flow = define_flow(usual(), "login", "default");
  ASSERT_EQ(flow.steps.size(), 2U);
  EXPECT_EQ(flow.steps[1].type, StepType::check_account_status);
  const auto& authenticate = flow.steps[0].one_of[0].steps[0];
  const auto& password = authenticate.one_of[1];
  ASSERT_EQ(password.steps.size(), 2U);
  EXPECT_TRUE(password.steps[0].optional);
  EXPECT_THAT(methods(password.steps[0]), testing::ElementsAre("secondary_totp", "recovery_code", "device_token"));
  EXPECT_EQ(password.steps[1].type, StepType::change_password);
  EXPECT_EQ(password.steps[1].target_step, "authenticate_primary_email");
}

TEST(DefaultFlows, a_required_second_factor_is_not_optional) {
  auto config = usual();
  config.authentication.secondary_authentication_mode = "required";
  const auto login = define_flow(config, "login", "default");
  EXPECT_FALSE(login.steps[0].one_of[0].steps[0].one_of[1].steps[0].optional);
  const auto signup = define_flow(config, "signup", "default");
  EXPECT_EQ(signup.steps[0].one_of[0].steps.back().name, "authenticate_secondary_email");
}

TEST(DefaultFlows, flows_differ_in_their_digests) {
  auto config = usual();
  const auto before = digest(define_flow(config, "login", "default"));
  EXPECT_EQ(digest(define_flow(config, "login", "default")), before);
  EXPECT_NE(digest(define_flow(config, "signup", "default")), before);
  config.authentication.secondary_authentication_mode = "required";
  EXPECT_NE(digest(define_flow(config, "login", "default")), before);
}

TEST(DefaultFlows, types_and_names_that_are_none_are_refused) {
  EXPECT_THROW(define_flow(usual(), "dance", "default"), Error);
  EXPECT_THROW(define_flow(usual(), "login", "mine"), Error);
  EXPECT_THROW(define_flow(usual(), "promote", "default"), Error);
}

}  // namespace gatehouse::flow
