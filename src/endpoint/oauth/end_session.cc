#include "endpoint/oauth/end_session.h"

#include "domain/grant/logout_request.h"
#include "domain/grant/sign_out.h"
#include "endpoint/oauth/parameters.h"
#include "endpoint/pages.h"
#include "endpoint/post_logout.h"
#include "endpoint/same_origin.h"
#include "endpoint/session_cookie.h"

namespace gatehouse::oauth {

namespace {

// The hint speaks for this session: of a first-party client, and made in it. One of another session is suspect (OpenID
// Connect RP-Initiated Logout 1.0 section 2), though it were the same person's.
Task<bool> hint_names(project::Context& ctx, grant::LogoutRequest logout, SessionId session) {
  if (!logout.hint || logout.client == nullptr || logout.client->is_third_party()) {
    co_return false;
  }
  if (!logout.hint->grant) {
    co_return logout.hint->session == session;
  }
  co_return co_await grant::began_in(ctx, *logout.hint->grant, std::move(session));
}

}  // namespace

Task<http::Response> EndSessionEndpoint::get(project::Context& ctx, const http::Request& request) {
  return answer(ctx, request, request.query);
}

Task<http::Response> EndSessionEndpoint::answer(project::Context& ctx, const http::Request& request,
                                                http::Fields parameters) {
  parameters = with_values(parameters);
  const auto logout = grant::parse_logout_request(ctx.project(), parameters);
  std::optional<Session> session;
  if (const auto cookie = request.cookie(ctx.project().cookie_name("session"))) {
    session = co_await sessions_.resolve(ctx, *cookie);
  }
  const bool came_from_here = request.cookie(ctx.project().cookie_name("same_site_strict")) == "true";
  // A hint that does not hold is worse than none: somebody made it up.
  bool at_once = session && parameters.count("id_token_hint") == 0 && came_from_here;
  if (session && logout.hint) {
    at_once = co_await hint_names(ctx, logout, session->id);
  }
  if (session && !at_once) {
    const endpoint::PostLogout target{.client_id = logout.hint ? logout.hint->client.str() : "",
                                      .uri = logout.redirect.value_or("")};
    http::Fields query;
    query.add("x_return", endpoint::seal_post_logout(keys_, ctx, target));
    co_return http::Response::redirect(http::Status::found, "/logout?" + http::encode_form(query));
  }
  if (request.method == http::Method::head) {
    co_return http::Response::empty(http::Status::ok);  // what GET does is more than looking
  }
  if (session) {
    co_await grant::sign_out(ctx, sessions_.feed(), session->id);
  }
  auto response = logout.redirect ? http::Response::redirect(http::Status::found, *logout.redirect)
                                  : endpoint::render_signed_out(pages_, ctx, request, logout.client);
  endpoint::clear_session_cookies(ctx, response);
  co_return response;
}

// A cross-site post carries no Lax cookies; the redirect to GET does.
Task<http::Response> EndSessionEndpoint::post(project::Context& ctx, const http::Request& request) {
  auto parameters = request.form();
  if (const auto url = endpoint::url_by_get(ctx.project(), request, parameters)) {
    co_return http::Response::redirect(http::Status::found, *url);
  }
  co_return co_await answer(ctx, request, std::move(parameters));
}

}  // namespace gatehouse::oauth
