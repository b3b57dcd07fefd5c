#include "project/config_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace gatehouse::project {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Seconds kYear{31'449'600};  // 364 days
constexpr Seconds kMonth{2'592'000};  // 30 days

RateLimit limit(Micros period, std::int64_t burst) { return {.enabled = true, .period = period, .burst = burst}; }

// An entry whose `enabled` is absent is absent as a whole.
RateLimit rate_limit(const Place& at, const RateLimit& otherwise = {}) {
  if (!at["enabled"].is_there()) {
    return otherwise;
  }
  if (!at["enabled"].flag()) {
    return {};
  }
  return limit(at["period"].duration(), at["burst"].whole(1));
}

double rate(const RateLimit& of) {
  return of.enabled ? static_cast<double>(of.burst) / static_cast<double>(of.period.count())
                    : std::numeric_limits<double>::infinity();
}

// The deployment's limit wins where it is the lower one.
RateLimit lower(const RateLimit& project, const RateLimit& feature) {
  return rate(feature) < rate(project) ? feature : project;
}

HttpConfig read_http(const Place& at) {
  return {.public_origin = at["public_origin"].text(),
          .allowed_origins = at["allowed_origins"].texts(),
          .cookie_prefix = at["cookie_prefix"].text(),
          .cookie_domain = at["cookie_domain"].text()};
}

UiConfig read_ui(const Place& at) {
  return {.signup_login_flow_enabled = at["signup_login_flow_enabled"].flag(),
          .dark_theme_disabled = at["dark_theme_disabled"].flag(),
          .light_theme_disabled = at["light_theme_disabled"].flag(),
          .default_client_uri = at["default_client_uri"].text(),
          .default_redirect_uri = at["default_redirect_uri"].text(),
          .brand_page_uri = at["brand_page_uri"].text()};
}

LocalizationConfig read_localization(const Place& at) {
  LocalizationConfig config{.fallback_language = at["fallback_language"].text("en")};
  config.supported_languages = at["supported_languages"].texts({config.fallback_language});
  return config;
}

MessagingRateLimits read_messaging(const Place& at, const Place& feature) {
  const RateLimit per_ip = limit(minutes{1}, 200);
  const RateLimit per_target = limit(hours{24}, 50);
  return {.email = lower(rate_limit(at["email"]), rate_limit(feature["email"])),
          .email_per_ip = lower(rate_limit(at["email_per_ip"], per_ip), rate_limit(feature["email_per_ip"], per_ip)),
          .email_per_target = lower(rate_limit(at["email_per_target"], per_target),
                                    rate_limit(feature["email_per_target"], per_target))};
}

AuthenticationRateLimits read_authentication_rate_limits(const Place& at) {
  AuthenticationRateLimits limits;
  limits.general_per_ip = rate_limit(at["general"]["per_ip"], limit(minutes{1}, 60));
  limits.general_per_user_per_ip = rate_limit(at["general"]["per_user_per_ip"], limit(minutes{1}, 10));
  limits.password_per_ip = rate_limit(at["password"]["per_ip"], limits.general_per_ip);
  limits.password_per_user_per_ip = rate_limit(at["password"]["per_user_per_ip"], limits.general_per_user_per_ip);
  limits.signup_per_ip = rate_limit(at["signup"]["per_ip"], limit(minutes{1}, 10));
  limits.account_enumeration_per_ip = rate_limit(at["account_enumeration"]["per_ip"], limit(minutes{1}, 10));
  return limits;
}

LockoutConfig read_lockout(const Place& at) {
  return {.max_attempts = at["max_attempts"].whole(),
          .history_duration = at["history_duration"].duration(),
          .minimum_duration = at["minimum_duration"].duration(),
          .maximum_duration = at["maximum_duration"].duration(),
          .backoff_factor = at["backoff_factor"].number(1.0),
          .per_ip = at["lockout_type"].text() == "per_user_per_ip",
          .password_enabled = at["password"]["enabled"].flag(),
          .oob_otp_enabled = at["oob_otp"]["enabled"].flag()};
}

AuthenticationConfig read_authentication(const Place& at) {
  return {.public_signup_disabled = at["public_signup_disabled"].flag(),
          .identities = at["identities"].texts({"oauth", "login_id"}),
          .primary_authenticators = at["primary_authenticators"].texts({"password"}),
          .secondary_authenticators = at["secondary_authenticators"].texts({"totp"}),
          .secondary_authentication_mode = at["secondary_authentication_mode"].text("if_exists"),
          .recovery_code_disabled = at["recovery_code"]["disabled"].flag(),
          .device_token_disabled = at["device_token"]["disabled"].flag(),
          .rate_limits = read_authentication_rate_limits(at["rate_limits"]),
          .lockout = read_lockout(at["lockout"])};
}

SessionConfig read_session(const Place& at) {
  return {.lifetime = at["lifetime_seconds"].seconds(kYear),
          .idle_timeout_enabled = at["idle_timeout_enabled"].flag(true),
          .idle_timeout = at["idle_timeout_seconds"].seconds(kMonth),
          .use_session_cookie = at["use_session_cookie"].flag()};
}

ApplicationType application_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, ApplicationType>, 6> kTypes{
      {{"spa", ApplicationType::spa},
       {"traditional_webapp", ApplicationType::traditional_webapp},
       {"native", ApplicationType::native},
       {"confidential", ApplicationType::confidential},
       {"third_party_app", ApplicationType::third_party_app},
       {"m2m", ApplicationType::m2m}}};
  const auto* found = std::ranges::find(kTypes, name, [](const auto& t) { return t.first; });
  return found == kTypes.end() ? ApplicationType::unspecified : found->second;
}

OAuthClient read_client(const Place& at) {
  OAuthClient client;
  client.client_id = ClientId{at["client_id"].text()};
  client.name = at["name"].text();
  client.client_name = at["client_name"].text();
  client.client_uri = at["client_uri"].text();
  client.application_type = application_type(at["x_application_type"].text());
  client.max_concurrent_session = at["x_max_concurrent_session"].whole();
  client.redirect_uris = at["redirect_uris"].texts();
  client.post_logout_redirect_uris = at["post_logout_redirect_uris"].texts();
  client.access_token_lifetime = at["access_token_lifetime_seconds"].seconds(Seconds{1800});
  client.refresh_token_lifetime =
      at["refresh_token_lifetime_seconds"].seconds(std::max(client.access_token_lifetime, kYear));
  client.refresh_token_idle_timeout_enabled = at["refresh_token_idle_timeout_enabled"].flag(true);
  client.refresh_token_idle_timeout = at["refresh_token_idle_timeout_seconds"].seconds(kMonth);
  client.refresh_token_rotation_enabled = at["refresh_token_rotation_enabled"].flag();
  client.issue_jwt_access_token =
      client.application_type == ApplicationType::m2m || at["issue_jwt_access_token"].flag();
  return client;
}

LoginIdKey read_login_id_key(const Place& at) {
  const std::string type = at["type"].text();
  const bool fixed = at["modify_disabled"].flag();
  return {.key = at["key"].text(type),
          .type = type,
          .max_length = at["max_length"].whole(type == "email" ? 320 : 40),
          .create_disabled = at["create_disabled"].flag(fixed),
          .update_disabled = at["update_disabled"].flag(fixed),
          .delete_disabled = at["delete_disabled"].flag(fixed)};
}

LoginIdConfig read_login_id(const Place& at) {
  LoginIdConfig config;
  for (const auto& key : at["keys"].items()) {
    config.keys.push_back(read_login_id_key(key));
  }
  if (!at["keys"].is_there()) {
    config.keys.push_back({.key = "email", .type = "email", .max_length = 320});
  }
  const Place email = at["types"]["email"];
  config.email = {.case_sensitive = email["case_sensitive"].flag(),
                  .block_plus_sign = email["block_plus_sign"].flag(),
                  .ignore_dot_sign = email["ignore_dot_sign"].flag(),
                  .domain_blocklist_enabled = email["domain_blocklist_enabled"].flag(),
                  .domain_allowlist_enabled = email["domain_allowlist_enabled"].flag(),
                  .block_free_email_provider_domains = email["block_free_email_provider_domains"].flag(),
                  .block_disposable_email_domains = email["block_disposable_email_domains"].flag()};
  const Place username = at["types"]["username"];
  config.username = {.block_reserved_usernames = username["block_reserved_usernames"].flag(true),
                     .exclude_keywords_enabled = username["exclude_keywords_enabled"].flag(),
                     .ascii_only = username["ascii_only"].flag(true),
                     .case_sensitive = username["case_sensitive"].flag()};
  return config;
}

PasswordPolicy read_password_policy(const Place& at, const Place& feature) {
  PasswordPolicy policy{.min_length = at["min_length"].whole(8),
                        .uppercase_required = at["uppercase_required"].flag(),
                        .lowercase_required = at["lowercase_required"].flag(),
                        .alphabet_required = at["alphabet_required"].flag(),
                        .digit_required = at["digit_required"].flag(),
                        .symbol_required = at["symbol_required"].flag()};
  if (!feature["minimum_guessable_level"]["disabled"].flag()) {
    policy.minimum_guessable_level = at["minimum_guessable_level"].whole();
  }
  if (!feature["excluded_keywords"]["disabled"].flag()) {
    policy.excluded_keywords = at["excluded_keywords"].texts();
  }
  if (!feature["history"]["disabled"].flag()) {
    policy.history_size = at["history_size"].whole();
    policy.history_days = at["history_days"].whole();
  }
  return policy;
}

PasswordConfig read_password(const Place& at, const Place& feature) {
  const Place expiry = at["expiry"]["force_change"];
  return {.policy = read_password_policy(at["policy"], feature["policy"]),
          .force_change = at["force_change"].flag(true),
          .expiry_force_change_enabled = expiry["enabled"].flag(),
          .expiry_duration_since_last_update = expiry["duration_since_last_update"].duration()};
}

VerificationConfig read_verification(const Place& at) {
  const auto claim = [](const Place& of) {
    return VerificationClaim{.enabled = of["enabled"].flag(true), .required = of["required"].flag(true)};
  };
  const Place email = at["rate_limits"]["email"];
  return {.email = claim(at["claims"]["email"]),
          .phone_number = claim(at["claims"]["phone_number"]),
          .criteria_all = at["criteria"].text() == "all",
          .email_trigger_per_ip = rate_limit(email["trigger_per_ip"]),
          .email_trigger_per_user = rate_limit(email["trigger_per_user"]),
          .email_trigger_cooldown = email["trigger_cooldown"].duration(minutes{1}),
          .email_max_failed_attempts_revoke_otp = email["max_failed_attempts_revoke_otp"].whole(),
          .email_validate_per_ip = rate_limit(email["validate_per_ip"], limit(minutes{1}, 60)),
          // The deprecated key feeds the new one.
          .code_valid_period = at["code_valid_period"].duration(at["code_expiry_seconds"].seconds(minutes{5}))};
}

TestModeFeatures read_test_mode(const Place& at) {
  return {.fixed_oob_otp_enabled = at["fixed_oob_otp"]["enabled"].flag(),
          .fixed_oob_otp_code = at["fixed_oob_otp"]["code"].text(),
          .email_suppressed = at["email"]["suppressed"].flag()};
}

void switch_off_rate_limits(Config& config) {
  config.messaging = {};
  config.authentication.rate_limits = {};
  config.verification.email_trigger_per_ip = {};
  config.verification.email_trigger_per_user = {};
  config.verification.email_validate_per_ip = {};
}

}  // namespace

Config read_config(const Place& file, const Place& features) {
  Config config;
  config.id = ProjectId{file["id"].text()};
  config.http = read_http(file["http"]);
  config.ui = read_ui(file["ui"]);
  config.localization = read_localization(file["localization"]);
  config.messaging = read_messaging(file["messaging"]["rate_limits"], features["messaging"]["rate_limits"]);
  config.authentication = read_authentication(file["authentication"]);
  config.session = read_session(file["session"]);
  for (const auto& client : file["oauth"]["clients"].items()) {
    config.oauth_clients.push_back(read_client(client));
  }
  config.login_id = read_login_id(file["identity"]["login_id"]);
  config.password = read_password(file["authenticator"]["password"], features["authenticator"]["password"]);
  config.verification = read_verification(file["verification"]);
  config.populate_standard_attributes_on_signup =
      file["user_profile"]["standard_attributes"]["population"]["strategy"].text("on_signup") == "on_signup";
  config.test_mode = read_test_mode(features["test_mode"]);
  config.rate_limits_disabled = features["rate_limits"]["disabled"].flag();
  if (config.rate_limits_disabled) {
    switch_off_rate_limits(config);
  }
  return config;
}

}  // namespace gatehouse::project
