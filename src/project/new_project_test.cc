#include "project/new_project.h"

#include <set>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/yaml.h"
#include "support/temporary_folder.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

NewProject example() {
  return {.id = "acme",
          .public_origin = "https://auth.acme.example",
          .database_url = "postgres://localhost/acme",
          .audit_database_url = "postgres://localhost/audit",
          .redis_url = "redis://localhost",
          .smtp = SmtpSecret{.host = "smtp.acme.example",
                             .port = 587,
                             .username = "u",
                             .password = "on",
                             .sender = "A <a@acme.example>"},
          .clients = {{.name = "Shop", .redirect_uris = {"https://shop.acme.example/cb"}},
                      {.client_id = "backend",
                       .name = "Back office: EU",
                       .type = ApplicationType::confidential,
                       .redirect_uris = {"https://office.acme.example/cb"},
                       .post_logout_redirect_uris = {"https://office.acme.example/"},
                       .secret = "1e5"}}};
}

TEST(NewProject, lesson_7_loads_without_a_warning_and_has_rotation_on) {
  const Loaded loaded = load(create_project(example()));
  EXPECT_THAT(loaded.warnings, testing::IsEmpty());
  const Project& project = *loaded.project;
  EXPECT_EQ(project.id().str(), "acme");
  EXPECT_TRUE(project.config.own.authentication.hide_unknown_accounts);
  EXPECT_EQ(project.config.authentication.lockout.max_attempts, 10);
  EXPECT_EQ(project.config.verification.email_max_failed_attempts_revoke_otp, 10);
  EXPECT_EQ(project.config.password.policy.minimum_guessable_level, 3);
  ASSERT_EQ(project.config.oauth_clients.size(), 2U);
  for (const auto& client : project.config.oauth_clients) {
    EXPECT_TRUE(client.refresh_token_rotation_enabled);
  }
  EXPECT_EQ(project.config.oauth_clients[0].client_id.str().size(), 16U);
  EXPECT_EQ(project.config.oauth_clients[0].application_type, ApplicationType::spa);
  EXPECT_EQ(project.client(ClientId{"backend"})->client_name, "Back office: EU");
  EXPECT_THAT(*project.client_secrets(ClientId{"backend"}), testing::ElementsAre("1e5"));
  EXPECT_EQ(project.secrets.audit_database_url, "postgres://localhost/audit");
  EXPECT_EQ(project.secrets.smtp->password, "on");
  EXPECT_EQ(project.signing_key().algorithm(), "RS256");
  EXPECT_TRUE(project.signing_key().is_private());
}

TEST(NewProject, keys_are_fresh_each_time) {
  std::set<std::string> seen;
  for (int i = 0; i < 2; ++i) {
    const Files files = create_project(example());
    const json::value secrets = parse_yaml(files.at("authgear.secrets.yaml"));
    for (const auto& item : secrets.at("secrets").as_array()) {
      const auto* keys = item.at("data").as_object().if_contains("keys");
      if (keys != nullptr) {
        const json::object& jwk = keys->as_array().front().as_object();
        const auto* part = jwk.if_contains(jwk.at("kty") == "oct" ? "k" : "d");
        ASSERT_NE(part, nullptr);
        EXPECT_TRUE(seen.insert(std::string(part->as_string())).second);
      }
    }
  }
  EXPECT_EQ(seen.size(), 8U) << "oauth, admin-api.auth, csrf and webhook, twice";
}

TEST(NewProject, what_would_not_load_is_refused_at_once) {
  NewProject bad = example();
  bad.public_origin = "auth.acme.example";
  EXPECT_THROW(create_project(bad), InvalidProject);
}

TEST(NewProject, is_written_whole_with_its_secrets_for_the_owner_only) {
  test::TemporaryFolder folder;
  const Files files = {{"authgear.yaml", "a"}, {"authgear.secrets.yaml", "b"}};
  write_folder(folder / "new/place", files, false);
  EXPECT_EQ(read_folder(folder / "new/place"), files);
  struct stat about{};
  ASSERT_EQ(stat((folder / "new/place/authgear.secrets.yaml").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST(NewProject, nothing_is_overwritten_unless_asked_for) {
  test::TemporaryFolder folder;
  folder.write("authgear.secrets.yaml", "precious");
  const Files files = {{"authgear.yaml", "a"}, {"authgear.secrets.yaml", "b"}};
  EXPECT_THROW(write_folder(folder.path(), files, false), std::runtime_error);
  EXPECT_EQ(read_folder(folder.path()), (Files{{"authgear.secrets.yaml", "precious"}}));
  write_folder(folder.path(), files, true);
  EXPECT_EQ(read_folder(folder.path()), files);
}

TEST(ToYaml, is_read_back_as_the_same_value) {
  const auto value =
      json::parse(R"({"a":"yes","b":["1","x: y","# no",""," s","-","a:","ü\n","0x1f",null,true,1.5,-3,[],{}],
    "c":{"d":{"e":[[1,[2]],{"f":1,"g":[{"h":"null"}]}]}},"no":"~","k k":"*a","l":"&b","m":"!c","n":"https://a.example/x?y#z"})");
  EXPECT_EQ(parse_yaml(to_yaml(value)), value) << to_yaml(value);
  EXPECT_EQ(parse_yaml(to_yaml(json::value("off"))), json::value("off"));
  EXPECT_EQ(parse_yaml(to_yaml(json::array{})), json::value(json::array{}));
}

}  // namespace
}  // namespace gatehouse::project
