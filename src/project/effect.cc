#include "project/effect.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "project/schema.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

// Everything at and below these has an effect; "*" is any index. Sorted by what it belongs to, not by alphabet.
constexpr std::array<std::string_view, 59> kConfigPaths{
    "/id",
    "/http",
    "/ui/dark_theme_disabled",
    "/ui/light_theme_disabled",
    "/ui/default_client_uri",
    "/ui/default_redirect_uri",
    "/ui/brand_page_uri",
    "/localization",
    "/messaging/rate_limits/email",
    "/messaging/rate_limits/email_per_ip",
    "/messaging/rate_limits/email_per_target",
    "/authentication/public_signup_disabled",
    "/authentication/identities",
    "/authentication/primary_authenticators",
    "/authentication/rate_limits/general",
    "/authentication/rate_limits/password",
    "/authentication/rate_limits/signup",
    "/authentication/rate_limits/account_enumeration",
    "/authentication/lockout/max_attempts",
    "/authentication/lockout/history_duration",
    "/authentication/lockout/minimum_duration",
    "/authentication/lockout/maximum_duration",
    "/authentication/lockout/backoff_factor",
    "/authentication/lockout/lockout_type",
    "/authentication/lockout/password",
    "/authentication/lockout/oob_otp",
    "/session/lifetime_seconds",
    "/session/idle_timeout_enabled",
    "/session/idle_timeout_seconds",
    "/session/use_session_cookie",
    "/oauth/clients/*/client_id",
    "/oauth/clients/*/client_uri",
    "/oauth/clients/*/client_name",
    "/oauth/clients/*/name",
    "/oauth/clients/*/x_application_type",
    "/oauth/clients/*/x_framework",  // says something to people only
    "/oauth/clients/*/x_max_concurrent_session",
    "/oauth/clients/*/redirect_uris",
    "/oauth/clients/*/grant_types",     // the contract does not look at it
    "/oauth/clients/*/response_types",  // nor at this
    "/oauth/clients/*/post_logout_redirect_uris",
    "/oauth/clients/*/access_token_lifetime_seconds",
    "/oauth/clients/*/refresh_token_lifetime_seconds",
    "/oauth/clients/*/refresh_token_idle_timeout_enabled",
    "/oauth/clients/*/refresh_token_idle_timeout_seconds",
    "/oauth/clients/*/refresh_token_rotation_enabled",
    "/oauth/clients/*/issue_jwt_access_token",
    "/identity/login_id/types/email",
    "/identity/login_id/types/username",
    "/identity/login_id/keys",
    "/authenticator/password/policy",
    "/authenticator/password/force_change",
    "/authenticator/password/expiry",
    "/user_profile/standard_attributes/population",
    "/verification/claims",
    "/verification/criteria",
    "/verification/code_expiry_seconds",
    "/verification/code_valid_period",
    "/verification/rate_limits/email",
};

constexpr std::array<std::string_view, 9> kFeaturePaths{
    "/rate_limits/disabled",
    "/messaging/rate_limits/email",
    "/messaging/rate_limits/email_per_ip",
    "/messaging/rate_limits/email_per_target",
    "/authenticator/password/policy/minimum_guessable_level",
    "/authenticator/password/policy/excluded_keywords",
    "/authenticator/password/policy/history",
    "/test_mode/fixed_oob_otp",
    "/test_mode/email",
};

// Those that the contract always asks for say nothing of what the operator wants, so they raise no warning either.
constexpr std::array<std::string_view, 9> kSecrets{
    "db", "audit.db", "redis", "oauth", "oauth.client_secrets", "mail.smtp", "admin-api.auth", "csrf", "webhook"};

enum class Effect { whole, part, none };

Effect effect_of(std::string_view pattern, std::span<const std::string_view> effective) {
  if (std::ranges::find(effective, pattern) != effective.end()) {
    return Effect::whole;
  }
  const std::string below = std::string(pattern) + "/";
  return std::ranges::any_of(effective, [&](std::string_view path) { return path.starts_with(below); }) ? Effect::part
                                                                                                        : Effect::none;
}

class Search {
 public:
  explicit Search(std::span<const std::string_view> effective) : effective_(effective) {}

  std::vector<std::string> run(const Place& file) {
    if (file.is_there()) {
      below(*file.json(), "", "");
    }
    return std::move(found_);
  }

 private:
  void below(const json::value& value, const std::string& path, const std::string& pattern) {
    if (const auto* object = value.if_object()) {
      for (const auto& [name, child] : *object) {
        at(child, path + pointer_step(name), pattern + pointer_step(name));
      }
    } else if (const auto* array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        at((*array)[i], fmt::format("{}/{}", path, i), pattern + "/*");
      }
    }
  }

  void at(const json::value& value, const std::string& path, const std::string& pattern) {
    const Effect effect = effect_of(pattern, effective_);
    if (effect == Effect::part) {
      below(value, path, pattern);
    } else if (effect == Effect::none && seen_.insert(pattern).second) {
      found_.push_back(path);
    }
  }

  std::span<const std::string_view> effective_;
  std::set<std::string> seen_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> keys_without_effect_in_config(const Place& file) { return Search(kConfigPaths).run(file); }

std::vector<std::string> keys_without_effect_in_features(const Place& file) { return Search(kFeaturePaths).run(file); }

std::vector<std::string> keys_without_effect_in_secrets(const Place& file) {
  std::vector<std::string> found;
  const auto items = file["secrets"].items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (std::ranges::find(kSecrets, items[i]["key"].text()) == kSecrets.end()) {
      found.push_back(fmt::format("/secrets/{}", i));
    }
  }
  return found;
}

}  // namespace gatehouse::project
