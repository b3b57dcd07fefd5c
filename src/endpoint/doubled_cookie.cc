#include "endpoint/doubled_cookie.h"

#include <algorithm>
#include <array>
#include <string>

#include "platform/http/address.h"

namespace gatehouse::endpoint {

namespace {

constexpr std::array<std::string_view, 5> kOurs{"session", "same_site_strict", "authgear_web_session",
                                                "web_error_token", "oauth_ui"};
constexpr std::size_t kMostPlaces = 4;

void add_once(std::vector<std::string>& places, std::string place) {
  if (places.size() < kMostPlaces && std::ranges::find(places, place) == places.end()) {
    places.push_back(std::move(place));
  }
}

// A cookie's path may end with a slash or not (RFC 6265 5.1.4); browsers make it without (5.1.4, default-path).
std::vector<std::string> paths_of(std::string_view path) {
  std::vector<std::string> paths{"/"};
  const bool is_plain = std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != ';'; });
  for (std::size_t end = 1; is_plain && end != std::string_view::npos && end < path.size();) {
    end = path.find('/', end + 1);
    add_once(paths, std::string(path.substr(0, end)));
  }
  return paths;
}

// "": only the host itself.
std::vector<std::string> domains_of(const project::Context& ctx, std::string_view host) {
  std::vector<std::string> domains{""};
  if (!ctx.config().http.cookie_domain.empty()) {
    add_once(domains, ctx.config().http.cookie_domain);
  }
  host = host.substr(0, host.find(':'));
  if (host.starts_with('[') || http::IpAddress::parse(host)) {
    return domains;
  }
  while (host.find('.') != std::string_view::npos) {
    add_once(domains, std::string(host));
    host.remove_prefix(host.find('.') + 1);
  }
  return domains;
}

}  // namespace

std::vector<http::Header> expire_doubled_cookies(const project::Context& ctx, const http::Request& request) {
  std::vector<http::Header> headers;
  for (const std::string_view suffix : kOurs) {
    const std::string name = ctx.project().cookie_name(suffix);
    if (request.count_cookie(name) < 2) {
      continue;
    }
    for (const std::string& domain : domains_of(ctx, request.host)) {
      for (const std::string& path : paths_of(request.path)) {
        const http::Cookie gone{
            .name = name, .path = path, .domain = domain, .secure = ctx.project().secure(), .clear = true};
        headers.push_back({"Set-Cookie", gone.to_header()});
      }
    }
  }
  return headers;
}

void add_first(http::Response& response, const std::vector<http::Header>& headers) {
  response.headers.insert(response.headers.begin(), headers.begin(), headers.end());
}

}  // namespace gatehouse::endpoint
