#include "project/own_config_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace gatehouse::project {
namespace {

RateLimit rate_limit(const Place& at, const RateLimit& otherwise) {
  if (!at.is_there()) {
    return otherwise;
  }
  return {.enabled = at["enabled"].flag(), .period = at["period"].duration(), .burst = at["burst"].whole()};
}

TokenEndpointRateLimits read_token_endpoint(const Place& at) {
  const TokenEndpointRateLimits standard;
  return {.per_ip = rate_limit(at["per_ip"], standard.per_ip),
          .per_user = rate_limit(at["per_user"], standard.per_user),
          .per_client = rate_limit(at["per_client"], standard.per_client),
          .per_project = rate_limit(at["per_project"], standard.per_project)};
}

}  // namespace

OwnConfig read_own_config(const Place& file, bool rate_limits_disabled) {
  OwnConfig own;
  own.ui.accent = file["ui"]["accent"].text();
  own.authentication.hide_unknown_accounts = file["authentication"]["hide_unknown_accounts"].flag();
  own.oauth.token_endpoint = rate_limits_disabled ? TokenEndpointRateLimits{{}, {}, {}, {}}
                                                  : read_token_endpoint(file["oauth"]["token_endpoint"]["rate_limits"]);
  return own;
}

std::vector<std::string> own_config_warnings(const Config& config) {
  const auto is_email = [](const LoginIdKey& key) { return key.type == "email" && !key.create_disabled; };
  const auto is_user_name = [](const LoginIdKey& key) { return key.type == "username" && !key.create_disabled; };
  if (!config.own.authentication.hide_unknown_accounts || config.authentication.public_signup_disabled) {
    return {};
  }
  const auto warning = [](std::string_view why) {
    return fmt::format("/authentication/hide_unknown_accounts cannot hide them at sign-up: {}", why);
  };
  std::vector<std::string> warnings;
  if (std::ranges::any_of(config.login_id.keys, is_email) &&
      !(config.verification.email.enabled && config.verification.email.required)) {
    warnings.push_back(warning("/verification/claims/email of authgear.yaml does not require a code"));
  }
  if (std::ranges::any_of(config.login_id.keys, is_user_name)) {
    warnings.push_back(warning("a user name that is taken has to be told"));
  }
  return warnings;
}

}  // namespace gatehouse::project
