#include "domain/client/redirect_uri.h"

#include <algorithm>
#include <array>

#include "domain/client/oauth_error.h"

namespace gatehouse::client {

namespace {

constexpr std::array<std::string_view, 2> kLoopback{"http://127.0.0.1", "http://[::1]"};

bool is_port(std::string_view digits) {
  if (digits.empty() || digits.size() > 5 || digits.front() == '0' ||
      digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  return std::stoi(std::string(digits)) <= 65535;
}

// "http://127.0.0.1:51000/a?b" → "http://127.0.0.1/a?b"; nothing for what is not a URI of exactly this form.
std::optional<std::string> without_port(std::string_view uri) {
  for (const std::string_view origin : kLoopback) {
    if (!uri.starts_with(origin)) {
      continue;
    }
    std::string_view rest = uri.substr(origin.size());
    if (rest.starts_with(':')) {
      const auto end = std::min(rest.find_first_of("/?"), rest.size());
      if (!is_port(rest.substr(1, end - 1))) {
        return std::nullopt;
      }
      rest.remove_prefix(end);
    }
    if (!rest.empty() && rest.front() != '/' && rest.front() != '?') {
      return std::nullopt;
    }
    return std::string(origin) + std::string(rest);
  }
  return std::nullopt;
}

bool matches_loopback(const project::OAuthClient& client, std::string_view requested) {
  if (client.application_type != project::ApplicationType::native) {
    return false;
  }
  const auto wanted = without_port(requested);
  return wanted &&
         std::ranges::any_of(client.redirect_uris, [&](const std::string& uri) { return without_port(uri) == wanted; });
}

}  // namespace

std::string resolve_redirect_uri(const project::OAuthClient& client, const std::optional<std::string>& requested) {
  if (!requested) {
    if (client.redirect_uris.size() != 1) {
      throw invalid_request("redirect_uri: is missing, and the client has not registered exactly one");
    }
    return client.redirect_uris.front();
  }
  const bool registered = std::ranges::find(client.redirect_uris, *requested) != client.redirect_uris.end();
  const bool has_fragment = requested->find('#') != std::string::npos;  // RFC 6749 3.1.2
  if (has_fragment || (!registered && !matches_loopback(client, *requested))) {
    throw invalid_request("redirect_uri: is not registered for this client");
  }
  return *requested;
}

bool is_post_logout_redirect_uri(const project::OAuthClient& client, std::string_view uri) {
  return std::ranges::find(client.post_logout_redirect_uris, uri) != client.post_logout_redirect_uris.end();
}

}  // namespace gatehouse::client
