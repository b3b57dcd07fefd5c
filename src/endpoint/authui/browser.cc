#include "endpoint/authui/browser.h"

namespace gatehouse::authui {

namespace {

constexpr std::string_view kBrowserCookie = "authgear_web_session";

http::Cookie cookie_of(const project::Context& ctx, std::string_view suffix, std::string value) {
  return {.name = ctx.project().cookie_name(suffix), .value = std::move(value), .secure = ctx.project().secure()};
}

// "host" and "host:80" are one place for http, "host" and "host:443" for https.
std::string_view without_default_port(std::string_view host, bool secure) {
  const std::string_view port = secure ? ":443" : ":80";
  return host.ends_with(port) ? host.substr(0, host.size() - port.size()) : host;
}

}  // namespace

Browser identify_browser(const project::Context& ctx, const http::Request& request) {
  return endpoint::identify_browser(ctx, request, kBrowserCookie);
}

void remember_browser(const project::Context& ctx, http::Response& response, const Browser& browser) {
  if (browser.is_new) {
    response.cookie(cookie_of(ctx, kBrowserCookie, browser.cookie));
  }
}

bool at_public_host(const project::Project& project, const http::Request& request) {
  const std::string_view origin = project.origin();
  const std::string_view host = origin.substr(origin.find("://") + 3);
  return without_default_port(request.host, project.secure()) == without_default_port(host, project.secure());
}

}  // namespace gatehouse::authui
