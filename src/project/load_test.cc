#include "project/load.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/project_files.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using test::files;
using test::kMarker;
using test::kSmallest;
using test::oct_jwk;
using test::required_secrets;
using test::secret;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Config config_of(const std::string& yaml, std::string features = "") {
  return load(files(kSmallest + yaml, required_secrets(), std::move(features))).project->config;
}

TEST(Load, the_smallest_project_has_every_default_of_the_contract) {
  const Config c = config_of("");
  EXPECT_EQ(c.id.str(), "app");
  EXPECT_EQ(c.http.public_origin, "http://app.localhost:3000");
  EXPECT_EQ(c.http.cookie_prefix, "");
  EXPECT_EQ(c.localization.fallback_language, "en");
  EXPECT_THAT(c.localization.supported_languages, ElementsAre("en"));
  EXPECT_THAT(c.authentication.identities, ElementsAre("oauth", "login_id"));
  EXPECT_THAT(c.authentication.primary_authenticators, ElementsAre("password"));
  EXPECT_THAT(c.authentication.secondary_authenticators, ElementsAre("totp"));
  EXPECT_EQ(c.authentication.secondary_authentication_mode, "if_exists");
  EXPECT_FALSE(c.authentication.public_signup_disabled || c.authentication.recovery_code_disabled ||
               c.authentication.device_token_disabled);
  EXPECT_EQ(c.session.lifetime, 31449600s);
  EXPECT_TRUE(c.session.idle_timeout_enabled);
  EXPECT_EQ(c.session.idle_timeout, 2592000s);
  EXPECT_FALSE(c.session.use_session_cookie);
  EXPECT_THAT(c.oauth_clients, IsEmpty());
  ASSERT_EQ(c.login_id.keys.size(), 1U);
  EXPECT_EQ(c.login_id.keys[0].key + c.login_id.keys[0].type, "emailemail");
  EXPECT_EQ(c.login_id.keys[0].max_length, 320);
  EXPECT_FALSE(c.login_id.email.case_sensitive);
  EXPECT_TRUE(c.login_id.username.block_reserved_usernames && c.login_id.username.ascii_only);
  EXPECT_FALSE(c.login_id.username.case_sensitive || c.login_id.username.exclude_keywords_enabled);
  EXPECT_EQ(c.password.policy.min_length, 8);
  EXPECT_EQ(c.password.policy.minimum_guessable_level, 0);
  EXPECT_EQ(c.password.policy.history_size + c.password.policy.history_days, 0);
  EXPECT_TRUE(c.password.force_change);
  EXPECT_FALSE(c.password.expiry_force_change_enabled);
  EXPECT_TRUE(c.verification.email.enabled && c.verification.email.required);
  EXPECT_TRUE(c.verification.phone_number.enabled && c.verification.phone_number.required);
  EXPECT_FALSE(c.verification.criteria_all);
  EXPECT_EQ(c.verification.email_trigger_cooldown, 1min);
  EXPECT_EQ(c.verification.code_valid_period, 5min);
  EXPECT_EQ(c.verification.email_max_failed_attempts_revoke_otp, 0);
  EXPECT_TRUE(c.populate_standard_attributes_on_signup);
  EXPECT_FALSE(c.test_mode.fixed_oob_otp_enabled || c.test_mode.email_suppressed || c.rate_limits_disabled);
  EXPECT_EQ(c.authentication.lockout.max_attempts, 0);
  EXPECT_EQ(c.authentication.lockout.backoff_factor, 1.0);
}

void expect_limit(const RateLimit& limit, Micros period, std::int64_t burst) {
  EXPECT_TRUE(limit.enabled);
  EXPECT_EQ(limit.period, period);
  EXPECT_EQ(limit.burst, burst);
}

TEST(Load, the_smallest_project_has_every_rate_limit_of_the_contract) {
  const Config c = config_of("");
  const auto& of = c.authentication.rate_limits;
  expect_limit(of.general_per_ip, 1min, 60);
  expect_limit(of.general_per_user_per_ip, 1min, 10);
  expect_limit(of.password_per_ip, 1min, 60);
  expect_limit(of.password_per_user_per_ip, 1min, 10);
  expect_limit(of.signup_per_ip, 1min, 10);
  expect_limit(of.account_enumeration_per_ip, 1min, 10);
  expect_limit(c.messaging.email_per_ip, 1min, 200);
  expect_limit(c.messaging.email_per_target, 24h, 50);
  expect_limit(c.verification.email_validate_per_ip, 1min, 60);
  EXPECT_FALSE(c.messaging.email.enabled);
  EXPECT_FALSE(c.verification.email_trigger_per_ip.enabled || c.verification.email_trigger_per_user.enabled);
}

TEST(Load, a_rate_limit_without_enabled_falls_back_and_false_is_off) {
  const Config c = config_of(R"(
authentication:
  rate_limits:
    general:
      per_ip: {enabled: true, period: 2m, burst: 5}
      per_user_per_ip: {enabled: false}
    password:
      per_ip: {period: 9m, burst: 9}
    signup:
      per_ip: {enabled: true, period: 1h}
    account_enumeration:
      per_ip: {enabled: false, period: 1m, burst: 3}
)");
  const auto& of = c.authentication.rate_limits;
  expect_limit(of.password_per_ip, 2min, 5);
  EXPECT_FALSE(of.password_per_user_per_ip.enabled);
  expect_limit(of.signup_per_ip, 1h, 1);
  EXPECT_FALSE(of.account_enumeration_per_ip.enabled);
}

TEST(Load, a_password_limit_of_its_own_wins_over_the_general_one) {
  const Config c = config_of(
      "authentication: {rate_limits: {password: {per_ip: {enabled: true, period: 1h, burst: 7}, "
      "per_user_per_ip: {enabled: false}}}}\n");
  expect_limit(c.authentication.rate_limits.password_per_ip, 1h, 7);
  EXPECT_FALSE(c.authentication.rate_limits.password_per_user_per_ip.enabled);
  expect_limit(c.authentication.rate_limits.general_per_ip, 1min, 60);
}

TEST(Load, the_lower_of_projects_and_deployments_limit_wins) {
  const std::string mine =
      "messaging: {rate_limits: {email_per_ip: {enabled: true, period: 1m, burst: 1000}, "
      "email_per_target: {enabled: true, period: 24h, burst: 5}, email: {enabled: false}}}\n";
  const Config plain = config_of(mine);
  expect_limit(plain.messaging.email_per_ip, 1min, 200);
  expect_limit(plain.messaging.email_per_target, 24h, 5);
  const Config raised = config_of(mine,
                                  "messaging: {rate_limits: {email_per_ip: {enabled: false}, "
                                  "email: {enabled: true, period: 1h, burst: 3}}}\n");
  expect_limit(raised.messaging.email_per_ip, 1min, 1000);
  expect_limit(raised.messaging.email, 1h, 3);
}

TEST(Load, the_features_file_switches_limits_off_and_test_mode_on) {
  const Config c = config_of("", R"(
rate_limits: {disabled: true}
test_mode:
  fixed_oob_otp: {enabled: true, code: "123456"}
  email: {suppressed: true}
)");
  EXPECT_TRUE(c.rate_limits_disabled);
  EXPECT_FALSE(c.authentication.rate_limits.general_per_ip.enabled ||
               c.authentication.rate_limits.password_per_ip.enabled ||
               c.authentication.rate_limits.signup_per_ip.enabled || c.messaging.email_per_ip.enabled ||
               c.messaging.email_per_target.enabled || c.verification.email_validate_per_ip.enabled);
  EXPECT_TRUE(c.test_mode.fixed_oob_otp_enabled);
  EXPECT_EQ(c.test_mode.fixed_oob_otp_code, "123456");
  EXPECT_TRUE(c.test_mode.email_suppressed);
}

TEST(Load, the_features_file_takes_parts_of_the_password_policy_away) {
  const std::string mine =
      "authenticator: {password: {policy: {min_length: 10, minimum_guessable_level: 3, "
      "excluded_keywords: [acme], history_size: 4, history_days: 90}}}\n";
  const auto with = config_of(mine).password.policy;
  EXPECT_EQ(with.min_length, 10);
  EXPECT_EQ(with.minimum_guessable_level, 3);
  EXPECT_THAT(with.excluded_keywords, ElementsAre("acme"));
  EXPECT_EQ(with.history_size, 4);
  EXPECT_EQ(with.history_days, 90);
  const auto without = config_of(mine,
                                 "authenticator: {password: {policy: {minimum_guessable_level: {disabled: true}, "
                                 "excluded_keywords: {disabled: true}, history: {disabled: true}}}}\n")
                           .password.policy;
  EXPECT_EQ(without.min_length, 10);
  EXPECT_EQ(without.minimum_guessable_level + without.history_size + without.history_days, 0);
  EXPECT_THAT(without.excluded_keywords, IsEmpty());
}

TEST(Load, zero_and_empty_count_as_absent_and_false_stays) {
  const Config c = config_of(R"(
session: {lifetime_seconds: 0, idle_timeout_seconds: 0, idle_timeout_enabled: false}
localization: {supported_languages: [en, zh-Hant-HK]}
identity:
  login_id:
    keys:
    - {type: username, max_length: 0, modify_disabled: true, create_disabled: false}
    - {key: mail, type: email, max_length: 100}
    types: {username: {ascii_only: false, block_reserved_usernames: false}}
authenticator: {password: {force_change: false, policy: {min_length: 1}}}
verification: {claims: {email: {required: false}}, code_expiry_seconds: 60}
user_profile: {standard_attributes: {population: {strategy: none}}}
)");
  EXPECT_EQ(c.session.lifetime, 31449600s);
  EXPECT_EQ(c.session.idle_timeout, 2592000s);
  EXPECT_FALSE(c.session.idle_timeout_enabled);
  ASSERT_EQ(c.login_id.keys.size(), 2U);
  EXPECT_EQ(c.login_id.keys[0].key, "username");
  EXPECT_EQ(c.login_id.keys[0].max_length, 40);
  EXPECT_TRUE(c.login_id.keys[0].update_disabled && c.login_id.keys[0].delete_disabled);
  EXPECT_FALSE(c.login_id.keys[0].create_disabled);
  EXPECT_EQ(c.login_id.keys[1].key, "mail");
  EXPECT_EQ(c.login_id.keys[1].max_length, 100);
  EXPECT_FALSE(c.login_id.username.ascii_only || c.login_id.username.block_reserved_usernames);
  EXPECT_FALSE(c.password.force_change);
  EXPECT_TRUE(c.verification.email.enabled);
  EXPECT_FALSE(c.verification.email.required);
  EXPECT_EQ(c.verification.code_valid_period, 60s);
  EXPECT_FALSE(c.populate_standard_attributes_on_signup);
}

TEST(Load, an_empty_list_of_login_ids_stays_empty) {
  EXPECT_THAT(config_of("identity: {login_id: {keys: []}}\n").login_id.keys, IsEmpty());
}

TEST(Load, clients_have_the_contracts_defaults) {
  auto secrets = required_secrets();
  secrets.push_back(
      secret("oauth.client_secrets",
             {{"items", json::array{json::object{{"client_id", "m"}, {"keys", json::array{oct_jwk("s")}}}}}}));
  const auto project = load(files(std::string(kSmallest) + R"(
oauth:
  clients:
  - {client_id: a, name: A}
  - {client_id: b, name: B, access_token_lifetime_seconds: 40000000, x_max_concurrent_session: 1}
  - {client_id: m, name: M, x_application_type: m2m}
  - client_id: s
    name: S
    x_application_type: spa
    redirect_uris: ["https://rp.example.com/cb"]
    refresh_token_rotation_enabled: true
    refresh_token_idle_timeout_enabled: false
)",
                                  secrets))
                           .project;
  const auto& plain = *project->client(ClientId{"a"});
  EXPECT_EQ(plain.application_type, ApplicationType::unspecified);
  EXPECT_EQ(plain.access_token_lifetime, 1800s);
  EXPECT_EQ(plain.refresh_token_lifetime, 31449600s);
  EXPECT_TRUE(plain.refresh_token_idle_timeout_enabled);
  EXPECT_EQ(plain.refresh_token_idle_timeout, 2592000s);
  EXPECT_FALSE(plain.refresh_token_rotation_enabled || plain.issue_jwt_access_token);
  EXPECT_EQ(project->client(ClientId{"b"})->refresh_token_lifetime, 40000000s);
  EXPECT_EQ(project->client(ClientId{"b"})->max_concurrent_session, 1);
  EXPECT_TRUE(project->client(ClientId{"m"})->issue_jwt_access_token);
  const auto& spa = *project->client(ClientId{"s"});
  EXPECT_EQ(spa.application_type, ApplicationType::spa);
  EXPECT_THAT(spa.redirect_uris, ElementsAre("https://rp.example.com/cb"));
  EXPECT_TRUE(spa.refresh_token_rotation_enabled);
  EXPECT_FALSE(spa.refresh_token_idle_timeout_enabled);
}

TEST(Load, lockout_is_read_as_written) {
  const auto lockout = config_of(R"(
authentication:
  lockout:
    max_attempts: 5
    history_duration: 24h
    minimum_duration: 30s
    maximum_duration: 1h
    backoff_factor: 2.5
    lockout_type: per_user_per_ip
    password: {enabled: true}
)")
                           .authentication.lockout;
  EXPECT_EQ(lockout.max_attempts, 5);
  EXPECT_EQ(lockout.history_duration, 24h);
  EXPECT_EQ(lockout.minimum_duration, 30s);
  EXPECT_EQ(lockout.maximum_duration, 1h);
  EXPECT_EQ(lockout.backoff_factor, 2.5);
  EXPECT_TRUE(lockout.per_ip && lockout.password_enabled);
  EXPECT_FALSE(lockout.oob_otp_enabled);
}

TEST(Load, secrets_become_typed) {
  auto secrets = required_secrets();
  secrets.push_back(secret("audit.db", {{"database_url", "postgresql://a/b"}, {"database_schema", "audit"}}));
  secrets.push_back(secret("mail.smtp", {{"host", "smtp.example.com"},
                                         {"port", 465},
                                         {"username", "u"},
                                         {"password", "p"},
                                         {"sender", "Example <no-reply@example.com>"}}));
  json::object newer = oct_jwk("newer", "n");
  newer["created_at"] = 200;
  json::object older = oct_jwk("older", "o");
  older["created_at"] = 100;
  secrets.push_back(
      secret("oauth.client_secrets",
             {{"items", json::array{json::object{{"client_id", "c"}, {"keys", json::array{older, newer}}}}}}));
  const auto project = load(files(kSmallest, secrets)).project;
  const auto& of = project->secrets;
  EXPECT_THAT(of.database_url, HasSubstr("db.internal"));
  EXPECT_EQ(of.database_schema, "public");
  EXPECT_EQ(of.audit_database_url, "postgresql://a/b");
  EXPECT_EQ(of.audit_database_schema, "audit");
  EXPECT_THAT(of.redis_url, HasSubstr("redis.internal"));
  ASSERT_EQ(of.oauth_keys.size(), 1U);
  EXPECT_EQ(project->signing_key().kid(), test::test_signing_key().kid());
  EXPECT_THAT(*project->client_secrets(ClientId{"c"}), ElementsAre("newer", "older"));
  ASSERT_TRUE(of.smtp);
  EXPECT_EQ(of.smtp->host, "smtp.example.com");
  EXPECT_EQ(of.smtp->port, 465);
  EXPECT_EQ(of.smtp->security, egress::SmtpSecurity::tls);
  EXPECT_EQ(of.smtp->sender, "Example <no-reply@example.com>");
}

TEST(Load, each_key_that_does_nothing_yet_warns_once_with_its_path) {
  auto secrets = required_secrets();
  secrets.push_back(secret("sms.nexmo", {{"api_key", kMarker}, {"api_secret", kMarker}}));
  const auto loaded = load(files(std::string(kSmallest) + R"(
ui: {watermark_disabled: true, dark_theme_disabled: true}
search: {implementation: none}
authentication:
  secondary_authentication_mode: disabled
  lockout: {max_attempts: 0, totp: {enabled: false}}
oauth:
  clients:
  - {client_id: a, name: A, x_framework: react}
  - {client_id: b, name: B, x_app2app_enabled: true}
  - {client_id: c, name: C, x_app2app_enabled: true}
saml: {signing: {key_id: k}}
)",
                                 secrets, "collaborator: {maximum: 3}\nrate_limits: {disabled: false}\n"));
  EXPECT_THAT(loaded.warnings,
              UnorderedElementsAre(
                  "authgear.yaml: /ui/watermark_disabled does nothing yet", "authgear.yaml: /search does nothing yet",
                  "authgear.yaml: /authentication/secondary_authentication_mode does nothing yet",
                  "authgear.yaml: /authentication/lockout/totp does nothing yet",
                  "authgear.yaml: /oauth/clients/1/x_app2app_enabled does nothing yet",
                  "authgear.yaml: /saml does nothing yet", "authgear.features.yaml: /collaborator does nothing yet",
                  "authgear.secrets.yaml: /secrets/5 does nothing yet"));
  EXPECT_THAT(load(files(kSmallest)).warnings, IsEmpty());
}

TEST(Load, a_value_that_does_not_do_what_it_seems_to_warns_with_its_path) {
  const auto loaded = load(files(std::string(kSmallest) + R"(
session: {lifetime_seconds: 0}
authentication: {identities: [login_id, oauth], primary_authenticators: [password, oob_otp_email]}
identity: {login_id: {keys: [{type: email}, {type: phone}]}}
oauth:
  clients:
  - {client_id: a, name: A, redirect_uris: ["https://a.example/cb", "https://a.example/cb#here"]}
  - {client_id: b, name: B, refresh_token_idle_timeout_seconds: 0}
)"));
  EXPECT_THAT(
      loaded.warnings,
      UnorderedElementsAre(
          "authgear.yaml: /session/lifetime_seconds is 0, which counts as absent: the default is used",
          "authgear.yaml: /authentication/identities/1 (oauth) does nothing yet",
          "authgear.yaml: /authentication/primary_authenticators/1 (oob_otp_email) does nothing yet",
          "authgear.yaml: /identity/login_id/keys/1 (phone) does nothing yet",
          "authgear.yaml: /oauth/clients/0/redirect_uris/1 has a fragment (#…), so it is never followed (RFC 6749 "
          "3.1.2)",
          "authgear.yaml: /oauth/clients/1/refresh_token_idle_timeout_seconds is 0, which counts as absent: the "
          "default is used"));
}

TEST(Load, without_gatehouse_yaml_the_contracts_behaviour_is_kept) {
  for (const char* file : {"", " \n", "{}\n", "ui: {}\nauthentication: {}\noauth: {token_endpoint: {}}\n"}) {
    Files all = files(kSmallest);
    all["gatehouse.yaml"] = file;
    const OwnConfig own = load(all).project->config.own;
    EXPECT_EQ(own.ui.accent, "");
    EXPECT_FALSE(own.authentication.hide_unknown_accounts);
    const auto& limits = own.oauth.token_endpoint;
    EXPECT_TRUE(limits.per_ip.enabled && limits.per_user.enabled && limits.per_client.enabled &&
                limits.per_project.enabled);
    EXPECT_EQ(limits.per_ip.burst, 120);
    EXPECT_EQ(limits.per_user.burst, 60);
    EXPECT_EQ(limits.per_client.burst, 5);
    EXPECT_EQ(limits.per_client.period, 1min);
    EXPECT_EQ(limits.per_project.burst, 20);
  }
}

TEST(Load, gatehouse_yaml_becomes_typed) {
  Files all = files(kSmallest);
  all["gatehouse.yaml"] = R"(
ui: {accent: "#0b5f5b"}
authentication: {hide_unknown_accounts: true}
oauth:
  token_endpoint:
    rate_limits:
      per_user: {enabled: false}
      per_client: {enabled: true, period: 10s, burst: 500}
)";
  const auto project = load(all).project;
  const OwnConfig& own = project->config.own;
  EXPECT_EQ(own.ui.accent, "#0b5f5b");
  EXPECT_TRUE(own.authentication.hide_unknown_accounts);
  EXPECT_TRUE(own.oauth.token_endpoint.per_ip.enabled);
  EXPECT_FALSE(own.oauth.token_endpoint.per_user.enabled);
  EXPECT_EQ(own.oauth.token_endpoint.per_client.period, 10s);
  EXPECT_EQ(own.oauth.token_endpoint.per_client.burst, 500);
  EXPECT_EQ(project->resource("gatehouse.yaml"), std::nullopt);
  all["authgear.features.yaml"] = "rate_limits: {disabled: true}\n";
  const auto off = load(all).project->config.own.oauth.token_endpoint;
  EXPECT_FALSE(off.per_ip.enabled || off.per_user.enabled || off.per_client.enabled || off.per_project.enabled);
}

TEST(Load, what_cannot_be_hidden_at_sign_up_is_warned_of) {
  const auto warnings = [](const std::string& config, const std::string& own) {
    Files all = files(kSmallest + config);
    all["gatehouse.yaml"] = own;
    return load(all).warnings;
  };
  const std::string hide = "authentication: {hide_unknown_accounts: true}\n";
  EXPECT_THAT(warnings("", hide), IsEmpty());
  for (const char* off : {"required", "enabled"}) {
    const std::string config = std::string("verification: {claims: {email: {") + off + ": false}}}\n";
    EXPECT_THAT(warnings(config, hide),
                ElementsAre("gatehouse.yaml: /authentication/hide_unknown_accounts cannot hide them at sign-up: "
                            "/verification/claims/email of authgear.yaml does not require a code"));
    EXPECT_THAT(warnings(config, ""), IsEmpty());
    EXPECT_THAT(warnings(config + "authentication: {public_signup_disabled: true}\n", hide), IsEmpty());
  }
  EXPECT_THAT(warnings("identity: {login_id: {keys: [{type: email}, {type: username}]}}\n", hide),
              ElementsAre(HasSubstr("a user name that is taken has to be told")));
}

TEST(Load, the_version_changes_with_each_file) {
  Files all = files(kSmallest);
  const auto first = load(all).project->version;
  EXPECT_EQ(load(all).project->version, first);
  all["templates/en/a.txt"] = "text";
  const auto second = load(all).project->version;
  EXPECT_NE(second, first);
  all["templates/en/a.txt"] = "texT";
  EXPECT_NE(load(all).project->version, second);
  EXPECT_EQ(load(all).project->resource("templates/en/a.txt"), "texT");
  EXPECT_EQ(load(all).project->resource("authgear.secrets.yaml"), std::nullopt);
}

TEST(Load, a_typical_project_takes_less_than_ten_milliseconds) {
  std::string clients = "oauth:\n  clients:\n";
  for (int i = 0; i < 10; ++i) {
    clients += "  - {client_id: c" + std::to_string(i) +
               ", name: C, x_application_type: spa, redirect_uris: ['https://rp.example.com/cb']}\n";
  }
  const Files all = files(kSmallest + clients);
  load(all);
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    load(all);
    best = std::min(best, std::chrono::steady_clock::now() - start);
  }
  RecordProperty("microseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(best).count()));
  EXPECT_LT(best, 10ms);
}

}  // namespace
}  // namespace gatehouse::project
