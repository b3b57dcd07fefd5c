#include "endpoint/session_cookie.h"

namespace gatehouse::endpoint {

namespace {

http::Cookie cookie_of(const project::Context& ctx, std::string_view suffix, std::string value) {
  return {.name = ctx.project().cookie_name(suffix),
          .value = std::move(value),
          .domain = ctx.config().http.cookie_domain,
          .secure = ctx.project().secure()};
}

}  // namespace

void set_session_cookies(const project::Context& ctx, http::Response& response, const std::string& session_token) {
  http::Cookie session = cookie_of(ctx, "session", session_token);
  if (!ctx.config().session.use_session_cookie) {
    session.max_age = ctx.config().session.lifetime.count();
  }
  http::Cookie strict = session;
  strict.name = ctx.project().cookie_name("same_site_strict");
  strict.value = "true";
  strict.same_site = "Strict";
  response.cookie(session).cookie(strict);
}

void clear_session_cookies(const project::Context& ctx, http::Response& response) {
  for (const std::string_view suffix : {"session", "same_site_strict"}) {
    http::Cookie gone = cookie_of(ctx, suffix, "");
    gone.clear = true;
    response.cookie(gone);
  }
}

}  // namespace gatehouse::endpoint
