#include "endpoint/cors.h"

#include <algorithm>

namespace gatehouse::endpoint {

namespace {

std::string_view origin_of(std::string_view uri) {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos) {
    return {};
  }
  return uri.substr(0, uri.find_first_of("/?#", scheme + 3));
}

// "https://*.example.com" or "example.com" or an exact origin.
bool matches(std::string_view pattern, std::string_view origin) {
  if (pattern == origin) {
    return true;
  }
  const auto scheme = origin.find("://");
  const std::string_view host = origin.substr(scheme + 3);
  if (const auto at = pattern.find("://"); at != std::string_view::npos) {
    if (pattern.substr(0, at) != origin.substr(0, scheme)) {
      return false;
    }
    pattern.remove_prefix(at + 3);
  }
  if (!pattern.starts_with("*.")) {
    return pattern == host;
  }
  const std::string_view parent = pattern.substr(1);
  return host.ends_with(parent) && host.size() > parent.size() &&
         host.substr(0, host.size() - parent.size()).find('.') == std::string_view::npos;
}

bool is_listed(const project::Project& project, std::string_view origin) {
  if (origin.find("://") == std::string_view::npos) {
    return false;
  }
  const auto& allowed = project.config.http.allowed_origins;
  return origin == project.origin() ||
         std::ranges::any_of(allowed, [&](const auto& pattern) { return matches(pattern, origin); });
}

bool redirects_to(const project::OAuthClient& client, std::string_view origin) {
  return !origin.empty() &&
         std::ranges::any_of(client.redirect_uris, [&](const auto& uri) { return origin_of(uri) == origin; });
}

}  // namespace

bool origin_allowed(const project::Project& project, std::string_view origin) {
  return is_listed(project, origin) || std::ranges::any_of(project.config.oauth_clients, [&](const auto& client) {
           return redirects_to(client, origin);
         });
}

bool is_first_party_origin(const project::Project& project, std::string_view origin) {
  return is_listed(project, origin) || std::ranges::any_of(project.config.oauth_clients, [&](const auto& client) {
           return !client.is_third_party() && redirects_to(client, origin);
         });
}

void allow_origin(const project::Project& project, std::string_view origin, http::Response& response) {
  response.add("Vary", "Origin");
  if (origin_allowed(project, origin)) {
    response.set("Access-Control-Allow-Origin", std::string(origin));
    response.set("Access-Control-Allow-Credentials", "true");
  }
}

http::Response preflight(const project::Project& project, const http::Request& request, std::string_view methods) {
  http::Response response = http::Response::empty(http::Status::no_content);
  allow_origin(project, request.header("Origin").value_or(""), response);
  if (response.header("Access-Control-Allow-Origin")) {
    response.set("Access-Control-Allow-Methods", std::string(methods));
    if (const auto headers = request.header("Access-Control-Request-Headers")) {
      response.set("Access-Control-Allow-Headers", std::string(*headers));
    }
    response.set("Access-Control-Max-Age", "600");
  }
  return response;
}

}  // namespace gatehouse::endpoint
