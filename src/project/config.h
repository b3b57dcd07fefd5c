#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/strong.h"
#include "platform/base/time.h"

// authgear.yaml and gatehouse.yaml as types, defaults filled in; names follow the keys of the file (config-defaults of
// the contract). What does nothing yet has no member here: it is validated, then dropped with one warning.
namespace gatehouse::project {

using ProjectId = StrongString<struct ProjectIdTag>;
using ClientId = StrongString<struct ClientIdTag>;

struct RateLimit {
  bool enabled = false;
  Micros period{};
  std::int64_t burst = 0;
};

struct HttpConfig {
  std::string public_origin;  // "https://auth.example.com": the issuer
  std::vector<std::string> allowed_origins;
  std::string cookie_prefix;
  std::string cookie_domain;
};

struct UiConfig {
  bool signup_login_flow_enabled = false;
  bool dark_theme_disabled = false;
  bool light_theme_disabled = false;
  std::string default_client_uri;
  std::string default_redirect_uri;
  std::string brand_page_uri;
};

struct LocalizationConfig {
  std::string fallback_language = "en";
  std::vector<std::string> supported_languages;
};

struct MessagingRateLimits {
  RateLimit email;
  RateLimit email_per_ip;
  RateLimit email_per_target;
};

struct LockoutConfig {
  std::int64_t max_attempts = 0;  // 0: off
  Micros history_duration{};
  Micros minimum_duration{};
  Micros maximum_duration{};
  double backoff_factor = 1.0;
  bool per_ip = false;  // lockout_type per_user_per_ip
  bool password_enabled = false;
  bool oob_otp_enabled = false;
};

struct AuthenticationRateLimits {
  RateLimit general_per_ip;
  RateLimit general_per_user_per_ip;
  RateLimit password_per_ip;           // fallback resolved
  RateLimit password_per_user_per_ip;  // fallback resolved
  RateLimit signup_per_ip;
  RateLimit account_enumeration_per_ip;
};

struct AuthenticationConfig {
  bool public_signup_disabled = false;
  std::vector<std::string> identities;
  std::vector<std::string> primary_authenticators;
  std::vector<std::string> secondary_authenticators;
  std::string secondary_authentication_mode = "if_exists";
  bool recovery_code_disabled = false;
  bool device_token_disabled = false;
  AuthenticationRateLimits rate_limits;
  LockoutConfig lockout;
};

struct SessionConfig {
  Seconds lifetime{31'449'600};
  bool idle_timeout_enabled = true;
  Seconds idle_timeout{2'592'000};
  bool use_session_cookie = false;
};

enum class ApplicationType { unspecified, spa, traditional_webapp, native, confidential, third_party_app, m2m };

struct OAuthClient {
  ClientId client_id;
  std::string name;
  std::string client_name;
  std::string client_uri;
  ApplicationType application_type = ApplicationType::unspecified;
  std::int64_t max_concurrent_session = 0;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;
  Seconds access_token_lifetime{1800};
  Seconds refresh_token_lifetime{31'449'600};
  bool refresh_token_idle_timeout_enabled = true;
  Seconds refresh_token_idle_timeout{2'592'000};
  bool refresh_token_rotation_enabled = false;
  bool issue_jwt_access_token = false;

  bool is_confidential()
      const;  // has a secret: confidential, third_party_app, m2m … (tokens of the contract: "public" column)
  bool is_third_party() const { return application_type == ApplicationType::third_party_app; }
  bool personal_data_in_tokens() const;  // confidential, third_party_app
  bool full_access_scope_allowed() const;
};

struct LoginIdKey {
  std::string key;
  std::string type;  // email, phone, username
  std::int64_t max_length = 0;
  bool create_disabled = false;
  bool update_disabled = false;
  bool delete_disabled = false;
};

struct LoginIdEmailConfig {
  bool case_sensitive = false;
  bool block_plus_sign = false;
  bool ignore_dot_sign = false;
  bool domain_blocklist_enabled = false;
  bool domain_allowlist_enabled = false;
  bool block_free_email_provider_domains = false;
  bool block_disposable_email_domains = false;
};

struct LoginIdUsernameConfig {
  bool block_reserved_usernames = true;
  bool exclude_keywords_enabled = false;
  bool ascii_only = true;
  bool case_sensitive = false;
};

struct LoginIdConfig {
  std::vector<LoginIdKey> keys;
  LoginIdEmailConfig email;
  LoginIdUsernameConfig username;
};

struct PasswordPolicy {
  std::int64_t min_length = 8;
  bool uppercase_required = false;
  bool lowercase_required = false;
  bool alphabet_required = false;
  bool digit_required = false;
  bool symbol_required = false;
  std::int64_t minimum_guessable_level = 0;  // zxcvbn score + 1; 0: off
  std::vector<std::string> excluded_keywords;
  std::int64_t history_size = 0;
  std::int64_t history_days = 0;
};

struct PasswordConfig {
  PasswordPolicy policy;
  bool force_change = true;
  bool expiry_force_change_enabled = false;
  Micros expiry_duration_since_last_update{};
};

struct VerificationClaim {
  bool enabled = true;
  bool required = true;
};

struct VerificationConfig {
  VerificationClaim email;
  VerificationClaim phone_number;
  bool criteria_all = false;
  RateLimit email_trigger_per_ip;
  RateLimit email_trigger_per_user;
  Micros email_trigger_cooldown = std::chrono::minutes{1};
  std::int64_t email_max_failed_attempts_revoke_otp = 0;  // 0: off
  RateLimit email_validate_per_ip;
  Micros code_valid_period = std::chrono::minutes{5};
};

struct TestModeFeatures {
  bool fixed_oob_otp_enabled = false;
  std::string fixed_oob_otp_code;
  bool email_suppressed = false;
};

// The contract's fixed limits, which gatehouse.yaml may change.
struct TokenEndpointRateLimits {
  RateLimit per_ip{.enabled = true, .period = std::chrono::minutes{1}, .burst = 120};
  RateLimit per_user{.enabled = true, .period = std::chrono::minutes{1}, .burst = 60};
  RateLimit per_client{.enabled = true, .period = std::chrono::minutes{1}, .burst = 5};    // client credentials
  RateLimit per_project{.enabled = true, .period = std::chrono::minutes{1}, .burst = 20};  // client credentials
};

// gatehouse.yaml: what the contract's files have no key for.
struct OwnConfig {
  struct Ui {
    std::string accent;  // "#rrggbb" or "#rgb"; empty: the default
  };
  struct Authentication {
    bool hide_unknown_accounts = false;  // sign-in and sign-up do not tell whether an account exists
  };
  struct OAuth {
    TokenEndpointRateLimits token_endpoint;  // oauth.token_endpoint.rate_limits
  };
  Ui ui;
  Authentication authentication;
  OAuth oauth;
};

struct Config {
  ProjectId id;
  HttpConfig http;
  UiConfig ui;
  LocalizationConfig localization;
  MessagingRateLimits messaging;
  AuthenticationConfig authentication;
  SessionConfig session;
  std::vector<OAuthClient> oauth_clients;
  LoginIdConfig login_id;
  PasswordConfig password;
  VerificationConfig verification;
  bool populate_standard_attributes_on_signup = true;
  TestModeFeatures test_mode;         // authgear.features.yaml
  bool rate_limits_disabled = false;  // authgear.features.yaml; all limits here are off then, fixed ones have to ask
  OwnConfig own;                      // gatehouse.yaml
};

}  // namespace gatehouse::project
