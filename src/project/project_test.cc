#include "project/project.h"

#include <gtest/gtest.h>

#include "support/test_project.h"

namespace gatehouse::project {
namespace {

Task<int> answer() { co_return 42; }
Task<void> fails() {
  throw std::runtime_error("as it should");
  co_return;
}

TEST(TestSupport, a_coroutine_runs_to_its_end_and_its_error_comes_out) {
  asio::io_context io;
  EXPECT_EQ(test::run_task(io, answer()), 42);
  EXPECT_THROW(test::run_task(io, fails()), std::runtime_error);
}

OAuthClient of_type(ApplicationType type) {
  OAuthClient client;
  client.application_type = type;
  return client;
}

TEST(OAuthClient, what_a_client_may_do_follows_from_its_application_type) {
  for (const auto type : {ApplicationType::unspecified, ApplicationType::spa, ApplicationType::traditional_webapp,
                          ApplicationType::native}) {
    EXPECT_FALSE(of_type(type).is_confidential());
    EXPECT_FALSE(of_type(type).personal_data_in_tokens());
    EXPECT_TRUE(of_type(type).full_access_scope_allowed());
    EXPECT_FALSE(of_type(type).is_third_party());
  }
  for (const auto type : {ApplicationType::confidential, ApplicationType::third_party_app, ApplicationType::m2m}) {
    EXPECT_TRUE(of_type(type).is_confidential());
    EXPECT_FALSE(of_type(type).full_access_scope_allowed());
    EXPECT_EQ(of_type(type).personal_data_in_tokens(), type != ApplicationType::m2m);
    EXPECT_EQ(of_type(type).is_third_party(), type == ApplicationType::third_party_app);
  }
}

Project with_clients() {
  Config config;
  config.http = {.public_origin = "https://auth.example.com", .cookie_prefix = "acme_"};
  config.oauth_clients.resize(2);
  config.oauth_clients[0].client_id = ClientId{"one"};
  config.oauth_clients[1].client_id = ClientId{"two"};
  Secrets secrets;
  secrets.client_secrets[ClientId{"two"}] = {"newest", "older"};
  return Project(std::move(config), std::move(secrets), {{"templates/en/a.txt", "text"}}, "v1");
}

TEST(Project, finds_its_clients_and_their_secrets) {
  const Project project = with_clients();
  ASSERT_NE(project.client(ClientId{"two"}), nullptr);
  EXPECT_EQ(project.client(ClientId{"two"}), &project.config.oauth_clients[1]);
  EXPECT_EQ(project.client(ClientId{"TWO"}), nullptr);
  ASSERT_NE(project.client_secrets(ClientId{"two"}), nullptr);
  EXPECT_EQ(project.client_secrets(ClientId{"two"})->front(), "newest");
  EXPECT_EQ(project.client_secrets(ClientId{"one"}), nullptr);
}

TEST(Project, prefixes_its_cookies_and_knows_whether_it_is_on_https) {
  const Project project = with_clients();
  EXPECT_EQ(project.cookie_name("session"), "acme_session");
  EXPECT_TRUE(project.secure());
  EXPECT_EQ(project.resource("templates/en/a.txt"), "text");
  EXPECT_EQ(project.resource("templates/en/b.txt"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::project
