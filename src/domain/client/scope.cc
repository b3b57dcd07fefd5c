#include "domain/client/scope.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "domain/client/oauth_error.h"

namespace gatehouse::client {

namespace {

constexpr std::array<std::string_view, 7> kForEverybody{kOpenId,   kOfflineAccess, "profile",    "email",
                                                        "address", "phone",        kFullUserInfo};

bool allowed(const project::OAuthClient& client, std::string_view scope) {
  if (scope == kFullAccess) {
    return client.full_access_scope_allowed();
  }
  return std::ranges::find(kForEverybody, scope) != kForEverybody.end();
}

}  // namespace

bool has_scope(const std::vector<std::string>& scopes, std::string_view scope) {
  return std::ranges::find(scopes, scope) != scopes.end();
}

std::vector<std::string> split_scope(std::string_view scope) {
  std::vector<std::string> scopes;
  for (std::size_t at = 0; at < scope.size();) {
    const auto end = std::min(scope.find(' ', at), scope.size());
    const std::string_view name = scope.substr(at, end - at);
    if (!name.empty() && !has_scope(scopes, name)) {
      scopes.emplace_back(name);
    }
    at = end + 1;
  }
  return scopes;
}

std::vector<std::string> parse_scope(const project::OAuthClient& client, std::string_view scope) {
  auto scopes = split_scope(scope);
  if (!std::ranges::all_of(scopes, [&](const auto& name) { return allowed(client, name); })) {
    throw invalid_scope("a requested scope is unknown or not allowed for this client");
  }
  if (!has_scope(scopes, kOpenId)) {
    throw invalid_scope("scope must contain openid");
  }
  return scopes;
}

std::vector<std::string> parse_narrower_scope(std::string_view scope) {
  auto scopes = split_scope(scope);
  if (scopes.empty()) {
    throw invalid_scope("scope names nothing");
  }
  return scopes;
}

std::string join_scope(const std::vector<std::string>& scopes) { return fmt::format("{}", fmt::join(scopes, " ")); }

}  // namespace gatehouse::client
