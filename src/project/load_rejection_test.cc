#include <initializer_list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/load.h"
#include "support/project_files.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;
using test::files;
using test::key_set;
using test::kMarker;
using test::kSmallest;
using test::oct_jwk;
using test::required_secrets;
using test::secret;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// "path what" of each problem.
std::vector<std::string> problems_of(const Files& all) {
  std::vector<std::string> found;
  try {
    load(all);
  } catch (const InvalidProject& e) {
    EXPECT_THAT(e.what(), Not(HasSubstr(kMarker)));
    for (const auto& problem : e.problems()) {
      found.push_back(problem.path + " " + problem.what);
    }
  }
  return found;
}

std::vector<std::string> paths_of(const std::string& yaml) {
  std::vector<std::string> found;
  try {
    load(files(kSmallest + yaml));
  } catch (const InvalidProject& e) {
    for (const auto& problem : e.problems()) {
      found.push_back(problem.path);
    }
  }
  return found;
}

struct BadConfig {
  const char* yaml;
  std::vector<std::string> paths;
};

// Each is refused with exactly these paths.
void expect_refused(std::initializer_list<BadConfig> table) {
  for (const auto& [yaml, paths] : table) {
    EXPECT_EQ(paths_of(yaml), paths) << yaml;
  }
}

TEST(Load, every_wrong_path_of_a_config_is_listed) {
  expect_refused({
      {"unknown: 1\nhook: 3\n", {"/unknown", "/hook"}},
      {"session: {lifetime_seconds: long, nothing: 1}\n", {"/session/lifetime_seconds", "/session/nothing"}},
      {"session:\n", {"/session"}},
      {"localization: {fallback_language: zh-hant-hk}\n", {"/localization/fallback_language"}},
      {"localization: {fallback_language: de, supported_languages: [en]}\n", {"/localization/supported_languages"}},
      {"localization: {supported_languages: []}\n", {"/localization/supported_languages"}},
      {"session: {lifetime_seconds: -1, idle_timeout_seconds: -1}\n",
       {"/session/lifetime_seconds", "/session/idle_timeout_seconds"}},
      {"test_mode: {email: {enabled: true, rules: [{regex: '('}]}}\n", {"/test_mode/email/rules/0/regex"}},
      {"hook: {blocking_handlers: [{event: user.created, url: 'ftp://x'}], non_blocking_handlers: [{events: [x]}]}\n",
       {"/hook/blocking_handlers/0/event", "/hook/blocking_handlers/0/url", "/hook/non_blocking_handlers/0",
        "/hook/non_blocking_handlers/0/events/0"}},
      {"hook: {non_blocking_handlers: [{events: ['*'], url: 'https://h.example/'}]}\n", {"/secrets"}},
  });
}

TEST(Load, every_wrong_path_of_clients_is_listed) {
  expect_refused({
      {"oauth: {clients: [{name: x}, {client_id: two, name: Two, x_application_type: spa}]}\n",
       {"/oauth/clients/0", "/oauth/clients/1"}},
      {"oauth: {clients: [{client_id: two, name: Two, redirect_uris: [x, 'https://a.example/../b']}]}\n",
       {"/oauth/clients/0/redirect_uris/0", "/oauth/clients/0/redirect_uris/1"}},
      {"oauth: {clients: [{client_id: two, name: Two, refresh_token_idle_timeout_seconds: -1}]}\n",
       {"/oauth/clients/0/refresh_token_idle_timeout_seconds"}},
      {"oauth: {clients: [{client_id: two, name: Two, access_token_lifetime_seconds: 299}]}\n",
       {"/oauth/clients/0/access_token_lifetime_seconds"}},
      {"oauth: {clients: [{client_id: two, name: Two, refresh_token_lifetime_seconds: 600}]}\n",
       {"/oauth/clients/0/refresh_token_lifetime_seconds"}},
      {"oauth: {clients: [{client_id: two, name: Two, x_authentication_flow_allowlist: {groups: [{name: default}, "
       "{name: "
       "g}], "
       "flows: [{type: login, name: l}]}}]}\n",
       {"/oauth/clients/0/authentication_flow_allowlist/groups/1",
        "/oauth/clients/0/authentication_flow_allowlist/flows/0"}},
      {"saml: {service_providers: [{client_id: x, acs_urls: ['https://sp.example/acs'], attributes: {mappings: [{from: "
       "{user_profile: {pointer: /email}}, to: {saml_attribute: a}}]}}]}\n",
       {"/saml/signing/key_id", "/saml/service_providers/0/client_id",
        "/saml/service_providers/0/mappings/0/to/saml_attribute", "/secrets"}},
      {"oauth: {clients: [{client_id: two, name: Two, client_name: Two, x_application_type: confidential, "
       "redirect_uris: "
       "['https://a.example/']}]}\n",
       {"/secrets"}},
  });
}

TEST(Load, every_wrong_path_of_ways_to_sign_in_is_listed) {
  expect_refused({
      {"authentication: {identities: [login_id, login_id]}\n", {"/authentication/identities"}},
      {"authentication: {identities: [passkey]}\n", {"/authentication", "/authentication/identities"}},
      {"authentication: {secondary_authenticators: []}\n", {"/authentication/secondary_authentication_mode"}},
      {"authentication: {rate_limits: {general: {per_ip: {enabled: true}}}}\n",
       {"/authentication/rate_limits/general/per_ip"}},
      {"authentication: {rate_limits: {general: {per_ip: {period: 1d, burst: 0}}}}\n",
       {"/authentication/rate_limits/general/per_ip/period", "/authentication/rate_limits/general/per_ip/burst"}},
      {"authentication: {lockout: {max_attempts: 3}}\n",
       {"/authentication/lockout", "/authentication/lockout", "/authentication/lockout", "/authentication/lockout"}},
      {"authentication: {lockout: {max_attempts: 3, history_duration: 1h, minimum_duration: 2h, maximum_duration: 1h, "
       "lockout_type: per_user}}\n",
       {"/authentication/lockout/minimum_duration"}},
      {"identity: {oauth: {providers: [{alias: g, type: google, client_id: x}, {alias: g, type: google, client_id: "
       "z}]}}\n",
       {"/identity/oauth/providers/1", "/secrets", "/secrets"}},
      {"identity: {login_id: {types: {email: {domain_blocklist_enabled: true, domain_allowlist_enabled: true}}}}\n",
       {"/identity/login_id/types/email/domain_allowlist_enabled"}},
      {"bot_protection: {enabled: true, provider: {type: cloudflare, site_key: k}}\n", {"/secrets"}},
      {"identity: {ldap: {servers: [{name: l, url: 'ldap://l.example', base_dn: 'dc=x', search_filter_template: "
       "'(uid={{.Username}})', user_id_attribute_name: uid}]}}\n",
       {"/secrets"}},
  });
}

TEST(Load, every_wrong_path_of_pages_and_profiles_is_listed) {
  expect_refused({
      {"ui: {phone_input: {allowlist: [US], pinned_list: [HK]}}\n", {"/ui/phone_input/pinned_list"}},
      {"ui: {phone_input: {allowlist: [NO]}}\n", {"/ui/phone_input/allowlist/0"}},
      {"ui: {authentication_flow: {groups: [{name: g, flows: [{type: signup, name: s}]}, {name: g, flows: [{type: "
       "login, "
       "name: default}]}]}}\n",
       {"/ui/authentication_flow/groups/0", "/ui/authentication_flow/groups/0/flows/0",
        "/ui/authentication_flow/groups/1"}},
      {"user_profile: {custom_attributes: {attributes: [{id: a, pointer: /x, type: integer, minimum: 3, maximum: 2}, "
       "{id: a, "
       "pointer: /x, type: string}]}}\n",
       {"/user_profile/custom_attributes/attributes/0/minimum", "/user_profile/custom_attributes/attributes/1/id",
        "/user_profile/custom_attributes/attributes/1/pointer"}},
      {"user_profile: {custom_attributes: {attributes: [{id: a, pointer: /email, type: enum}]}}\n",
       {"/user_profile/custom_attributes/attributes/0/pointer", "/user_profile/custom_attributes/attributes/0"}},
      {"fraud_protection: {sms: {unverified_otp_budget: {by_phone_country: [{geo_location_codes: [US, US], "
       "daily_ratio: 2}]}}}\n",
       {"/fraud_protection/sms/unverified_otp_budget/by_phone_country/0/daily_ratio"}},
      {"fraud_protection: {sms: {unverified_otp_budget: {by_phone_country: [{geo_location_codes: [US, HK, US]}]}}}\n",
       {"/fraud_protection/sms/unverified_otp_budget/by_phone_country/0/geo_location_codes/2"}},
  });
}

TEST(Load, the_origin_and_the_id_have_to_be_there) {
  EXPECT_THAT(problems_of(files("a: 1\n")),
              ElementsAre(" needs the key id", " needs the key http", "/a is not a known key"));
  EXPECT_THAT(problems_of(files("id: app\nhttp: {public_origin: 'https://a.example/x', foo: 1}\n")),
              ElementsAre("/http/public_origin must be an origin and nothing more, like https://auth.example.com",
                          "/http/foo is not a known key"));
  EXPECT_THAT(problems_of(files("")), ElementsAre(" must be an object"));
}

TEST(Load, problems_of_all_files_come_together) {
  Files all = files("id: 1\nhttp: {}\n", {}, "rate_limits: {disabled: maybe}\n");
  EXPECT_THAT(problems_of(all), ElementsAre("/id must be a string", "/http needs the key public_origin",
                                            "/rate_limits/disabled must be a boolean"));
  all["authgear.secrets.yaml"] = "secrets: [{key: nope}]\n";
  EXPECT_THAT(problems_of(all), Contains("/secrets/0 needs the key data"));
  EXPECT_THAT(problems_of({}), ElementsAre(" is missing", " is missing"));
}

TEST(Load, what_is_wrong_in_gatehouse_yaml_is_listed_with_the_rest) {
  Files all = files(std::string(kSmallest) + "unknown: 1\n");
  all["gatehouse.yaml"] = R"(
ui: {accent: red, colour: blue}
authentication: {hide_unknown_accounts: sometimes}
oauth: {token_endpoint: {rate_limits: {per_client: {enabled: true, burst: 0}, per_user: {period: 1m}, per_day: {}}}}
smtp: {}
)";
  std::vector<std::string> found;
  try {
    load(all);
  } catch (const InvalidProject& e) {
    for (const auto& problem : e.problems()) {
      found.push_back(problem.file + " " + problem.path);
    }
    EXPECT_THAT(e.what(), HasSubstr("gatehouse.yaml: /ui/accent: must be a colour"));
  }
  EXPECT_THAT(found, testing::UnorderedElementsAre(
                         "authgear.yaml /unknown", "gatehouse.yaml /ui/accent", "gatehouse.yaml /ui/colour",
                         "gatehouse.yaml /authentication/hide_unknown_accounts",
                         "gatehouse.yaml /oauth/token_endpoint/rate_limits/per_client",
                         "gatehouse.yaml /oauth/token_endpoint/rate_limits/per_client/burst",
                         "gatehouse.yaml /oauth/token_endpoint/rate_limits/per_user",
                         "gatehouse.yaml /oauth/token_endpoint/rate_limits/per_day", "gatehouse.yaml /smtp"));
  all = files(kSmallest);
  all["gatehouse.yaml"] = "ui:\n  accent: #0b5f5b\n";
  EXPECT_THAT(problems_of(all), ElementsAre("/ui/accent must be a string"));
  all["gatehouse.yaml"] = "ui: {accent: *a}\n";
  EXPECT_THAT(problems_of(all), ElementsAre(HasSubstr("line 1")));
}

TEST(Load, the_secrets_that_are_always_needed_are_asked_for) {
  EXPECT_THAT(problems_of(files(kSmallest, {})),
              ElementsAre("/secrets the secret db is always needed", "/secrets the secret redis is always needed",
                          "/secrets the secret admin-api.auth is always needed",
                          "/secrets the secret oauth is always needed", "/secrets the secret csrf is always needed"));
}

TEST(Load, a_wrong_secret_is_named_and_never_shown) {
  auto with = [](std::size_t index, json::object data) {
    auto secrets = required_secrets();
    secrets[index].as_object()["data"] = std::move(data);
    return problems_of(files(kSmallest, secrets));
  };
  EXPECT_THAT(with(0, {{"database_url", kMarker}}),
              ElementsAre(HasSubstr("/secrets/0/data/database_url must be a URL")));
  EXPECT_THAT(with(0, {{"database_url", "postgres://h/d"}, {kMarker, 1}}),
              ElementsAre(HasSubstr("/secrets/0/data has a key")));
  EXPECT_THAT(with(1, {{"redis_url", kMarker}}), ElementsAre(HasSubstr("/secrets/1/data/redis_url ")));
  EXPECT_THAT(with(3, key_set(oct_jwk(kMarker))), ElementsAre(HasSubstr("/secrets/3/data/keys/0 ")));
  EXPECT_THAT(with(3, key_set(test::test_signing_key().public_jwk())),
              ElementsAre(HasSubstr("/secrets/3/data/keys/0 must be a private key")));
  const json::object rsa = test::test_signing_key().private_jwk();
  EXPECT_THAT(with(3, {{"keys", json::array{rsa, rsa}}}),
              ElementsAre(HasSubstr("/secrets/3/data/keys/1/kid must differ")));
  EXPECT_THAT(with(3, {{"keys", json::array{}}}), Not(IsEmpty()));

  auto secrets = required_secrets();
  secrets.push_back(secret(
      "oauth.client_secrets",
      {{"items",
        json::array{json::object{
            {"client_id", "c"},
            {"keys", json::array{json::object{{"kid", "k"}, {"kty", "oct"}, {"k", "!marker-of-a-secret"}}}}}}}}));
  EXPECT_THAT(problems_of(files(kSmallest, secrets)),
              ElementsAre(HasSubstr("/secrets/5/data/items/0/keys/0 must be a JWK")));
}

TEST(Load, a_secrets_file_that_is_not_yaml_is_not_quoted) {
  Files all = files(kSmallest);
  all["authgear.secrets.yaml"] = std::string("secrets:\n- key: db\n  data: *") + kMarker + "\n";
  EXPECT_THAT(problems_of(all), ElementsAre(HasSubstr("line 3, column 9")));
}

TEST(Load, an_expression_of_reserved_names_that_does_not_compile_is_named_with_its_line) {
  Files all = files(kSmallest);
  all["reserved_name.txt"] = "# names\nadmin\n/^root[0-9]+$/\r\n!/(open/\n/back(?=ref)/\n";
  EXPECT_THAT(problems_of(all),
              ElementsAre(HasSubstr("line 4 is no regular expression"), HasSubstr("line 5 is no regular expression")));
  all["reserved_name.txt"] = "/a+/\n!/b|c/\n(open\n//\n";
  EXPECT_THAT(problems_of(all), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::project
