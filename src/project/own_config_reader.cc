#include "project/own_config_reader.h"

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

}  // namespace gatehouse::project
