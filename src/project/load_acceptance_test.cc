#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/load.h"
#include "support/project_files.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// What a project of some size sets, among it much that does nothing here yet.
constexpr const char* kLarge = R"yaml(
id: acme
http:
  public_origin: https://auth.acme.example
  allowed_origins: [https://www.acme.example, "*.acme.example"]
  cookie_prefix: acme_
  cookie_domain: acme.example
hook:
  sync_hook_timeout_seconds: 5
  blocking_handlers:
  - {event: user.pre_create, url: "authgeardeno:///deno/check.ts"}
  non_blocking_handlers:
  - {events: ["*"], url: https://hooks.acme.example/authgear}
ui:
  phone_input: {allowlist: [US, "NO"], pinned_list: ["NO"]}
  forgot_password:
    phone: [{channel: sms, otp_form: code}, {channel: whatsapp, otp_form: code}]
  authentication_flow:
    groups:
    - name: staff
      flows: [{type: login, name: with_totp}, {type: signup, name: default}]
localization: {fallback_language: zh-Hant-HK, supported_languages: [en, zh-Hant-HK]}
messaging:
  sms_gateway: {use_config_from: authgear.secrets.yaml, provider: twilio}
  rate_limits: {sms_per_ip: {enabled: true, period: 1m, burst: 5}}
usage:
  alerts: [{type: email, email: ops@acme.example, match: "*"}]
  limits: {email: [{quota: 1000, period: day, action: block}]}
authentication:
  identities: [login_id, oauth, passkey, ldap]
  primary_authenticators: [password, passkey, oob_otp_email]
  secondary_authenticators: [totp]
  secondary_authentication_mode: required
  secondary_authentication_grace_period: {enabled: yes, end_at: "2027-01-31T00:00:00Z"}
session: {cookie_non_persistent: off}
oauth:
  clients:
  - client_id: staff
    name: Staff portal
    client_name: Staff portal
    x_application_type: confidential
    redirect_uris: [https://staff.acme.example/cb, com.acme.staff://host/cb]
    x_authentication_flow_allowlist: {groups: [{name: staff}], flows: [{type: login, name: with_totp}]}
    logo_uri: https://cdn.acme.example/logo.png
    x_custom_ui_uri: https://ui.acme.example/
saml:
  signing: {key_id: saml-1}
  service_providers:
  - client_id: staff
    acs_urls: [https://sp.acme.example/acs]
    slo_enabled: true
    slo_callback_url: https://sp.acme.example/slo
    signature_verification_enabled: true
    attributes:
      definitions: [{name: mail}, {name: label}]
      mappings:
      - {from: {user_profile: {pointer: /email}}, to: {saml_attribute: mail}}
      - {from: {text_template: {template: "{{ .sub }}"}}, to: {saml_attribute: label}}
identity:
  ldap:
    servers:
    - {name: ad, url: "ldaps://ad.acme.example", base_dn: "dc=acme,dc=example", search_filter_template: "(uid={{.Username}})", user_id_attribute_name: uid}
  oauth:
    providers:
    - {alias: google, type: google, client_id: g, claims: {email: {assume_verified: true}}}
    - {alias: azure, type: azureadv2, client_id: z, tenant: common, do_not_store_identity_attributes: true}
    - {alias: demo, type: github, credentials_behavior: use_demo_credentials}
user_profile:
  standard_attributes:
    access_control: [{pointer: /name, access_control: {end_user: readwrite, bearer: readonly, portal_ui: readwrite}}]
  custom_attributes:
    attributes:
    - {id: "0000", pointer: /hobby, type: enum, enum: [chess, go]}
    - {id: "0001", pointer: /age, type: integer, minimum: 0, maximum: 150}
account_deletion: {scheduled_by_end_user_enabled: true, grace_period_days: 30}
forgot_password: {reset_code_expiry_seconds: 1200, valid_periods: {link: 20m, code: 300s}}
welcome_message: {enabled: true, destination: first}
bot_protection: {enabled: true, provider: {type: cloudflare, site_key: key}, requirements: {password: {mode: always}}}
network_protection:
  ip_filter: {default_action: allow, rules: [{name: lab, action: deny, source: {cidrs: [198.51.100.0/24], geo_location_codes: [XX]}}]}
fraud_protection:
  sms: {unverified_otp_budget: {daily_ratio: 0.5, by_phone_country: [{geo_location_codes: [US, CA], hourly_ratio: 1}]}}
  decision: {always_allow: {ip_address: {cidrs: ["2001:db8::/32"]}, phone_number: {regex: ["^\\+1"]}}, action: deny_if_any_warning}
test_mode: {oob_otp: {enabled: true, rules: [{regex: "^\\+852", fixed_code: "000000"}]}}
authentication_flow:
  login_flows:
  - name: with_totp
    steps:
    - type: identify
      one_of:
      - identification: email
        bot_protection: {mode: always}
        steps:
        - name: password
          type: authenticate
          one_of: [{authentication: primary_password, steps: [{type: authenticate, one_of: [{authentication: secondary_totp}]}]}]
        - {type: change_password, target_step: password}
  signup_flows:
  - name: plain
    steps:
    - {name: who, type: identify, one_of: [{identification: email}]}
    - {type: verify, target_step: who}
    - {type: fill_in_user_profile, user_profile: [{pointer: /name, required: false}]}
  signup_login_flows:
  - name: both
    steps: [{type: identify, one_of: [{identification: email, signup_flow: plain, login_flow: with_totp}]}]
external_jwt: {issuers: [{iss: x, jwks_uri: https://jwt.acme.example/jwks}]}
)yaml";

constexpr const char* kFeatures = R"(
identity: {login_id: {types: {phone: {disabled: true}}}, oauth: {maximum_providers: 5}}
oauth: {client: {maximum: 10}}
audit_log: {retrieval_days: 90}
collaborator: {maximum: 3}
fraud_protection: {is_modifiable: true}
)";

json::object one_item(json::object item) { return {{"items", json::array{std::move(item)}}}; }

json::array large_secrets() {
  auto secrets = test::required_secrets();
  const auto add = [&](std::string_view key, json::value data) {
    secrets.push_back(test::secret(key, std::move(data)));
  };
  add("webhook", test::key_set(test::oct_jwk("w")));
  add("images", test::key_set(test::oct_jwk("i")));
  add("oauth.client_secrets", one_item({{"client_id", "staff"}, {"keys", json::array{test::oct_jwk("s")}}}));
  add("sso.oauth.client", {{"items", json::array{json::object{{"alias", "google"}, {"client_secret", "g"}},
                                                 json::object{{"alias", "azure"}, {"client_secret", "z"}}}}});
  add("ldap", one_item({{"name", "ad"}, {"dn", "cn=reader,dc=acme"}, {"password", "p"}}));
  add("bot_protection.provider", {{"type", "cloudflare"}, {"secret_key", "k"}});
  add("sms.twilio", {{"account_sid", "a"}, {"auth_token", "t"}, {"message_service_sid", "m"}});
  return secrets;
}

// Everything but SAML's certificates, which a test would have to make.
std::string without_saml(std::string yaml) {
  const auto from = yaml.find("saml:\n");
  return yaml.erase(from, yaml.find("identity:\n", from) - from);
}

TEST(Load, a_large_project_of_the_contract_is_accepted) {
  const auto loaded = load(test::files(without_saml(kLarge), large_secrets(), kFeatures));
  const Config& config = loaded.project->config;
  EXPECT_EQ(config.http.cookie_domain, "acme.example");
  EXPECT_THAT(config.localization.supported_languages, ElementsAre("en", "zh-Hant-HK"));
  EXPECT_THAT(config.authentication.identities, ElementsAre("login_id", "oauth", "passkey", "ldap"));
  EXPECT_EQ(config.oauth_clients.size(), 1U);
  EXPECT_THAT(loaded.warnings, testing::Contains("authgear.yaml: /authentication_flow does nothing yet"));
  EXPECT_THAT(loaded.warnings,
              testing::Contains("authgear.yaml: /authentication/secondary_authentication_mode does nothing yet"));
}

TEST(Load, saml_asks_for_its_secrets_and_for_nothing_else) {
  std::vector<std::string> found;
  try {
    load(test::files(kLarge, large_secrets(), kFeatures));
  } catch (const InvalidProject& e) {
    for (const auto& problem : e.problems()) {
      found.push_back(problem.file + " " + problem.path + " " + problem.what);
    }
  }
  EXPECT_THAT(
      found,
      ElementsAre("authgear.secrets.yaml /secrets the secret saml.idp.signing is needed for SAML service providers",
                  "authgear.secrets.yaml /secrets the secret saml.service_providers.signing needs an item with "
                  "service_provider_id staff"));
}

TEST(Load, warns_where_a_client_comes_twice_and_where_nobody_gets_in) {
  const auto warnings = load(test::files("id: app\n"
                                         "http: {public_origin: https://auth.example.com}\n"
                                         "authentication: {primary_authenticators: []}\n"
                                         "identity: {login_id: {keys: []}}\n"
                                         "oauth:\n"
                                         "  clients:\n"
                                         "  - {client_id: a, name: A, redirect_uris: ['https://a.example/cb']}\n"
                                         "  - {client_id: a, name: B, redirect_uris: ['https://b.example/cb']}\n"))
                            .warnings;
  EXPECT_THAT(
      warnings,
      UnorderedElementsAre("authgear.yaml: /oauth/clients/1/client_id is there twice: only the first client counts",
                           "authgear.yaml: /identity/login_id/keys is empty: nobody can sign up or in",
                           "authgear.yaml: /authentication/primary_authenticators is empty: nobody can sign up or in"));
}

TEST(Load, takes_json_as_the_yaml_that_it_is) {
  EXPECT_THAT(load(test::files(R"({"id": "app", "http": {"public_origin": "https://auth.example.com"}})")).warnings,
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::project
