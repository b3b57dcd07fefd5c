#include "endpoint/authui/session_pages.h"

#include <utility>

#include "endpoint/authui/sentences.h"
#include "endpoint/authui/steps.h"
#include "endpoint/authui/views.h"
#include "endpoint/authui/visit.h"
#include "endpoint/post_logout.h"

namespace gatehouse::authui {

namespace {

// Scripts may leave the form out.
bool asks_for_something_else(const http::Request& request) {
  const std::string action = request.body.empty() ? std::string() : request.form().get_or("x_action", "");
  return !action.empty() && action != "logout";
}

}  // namespace

Task<std::optional<Session>> SessionPages::session_of(project::Context& ctx, const http::Request& request) const {
  auto cookie = request.cookie(ctx.project().cookie_name("session"));
  if (!cookie) {
    co_return std::nullopt;
  }
  co_return co_await services_.find_session(ctx, std::move(*cookie));
}

// An answer that stands on the session: whoever was signed out before it leaves is led here once more.
http::Response SessionPages::while_it_lasts(const project::Context& ctx, const http::Request& request,
                                            const Session& session, http::Response response) const {
  const std::string query = http::encode_form(request.query);
  response.last_check = [holds = services_.still_holds(ctx, session),
                         again = go_to(request, request.path + (query.empty() ? "" : "?" + query), "redirect")] {
    return holds() ? std::nullopt : std::optional(again);
  };
  return response;
}

Task<http::Response> SessionPages::root(project::Context& ctx, const http::Request& request) const {
  if (const auto session = co_await session_of(ctx, request)) {
    co_return while_it_lasts(ctx, request, *session, go_to(request, std::string(kFinishPath), "redirect"));
  }
  const std::string& brand = ctx.config().ui.brand_page_uri;
  co_return go_to(request, brand.empty() ? path_with_query(kLoginPath, request) : brand, "redirect");
}

Task<http::Response> SessionPages::signed_in(project::Context& ctx, const http::Request& request) const {
  const auto session = co_await session_of(ctx, request);
  if (!session) {
    co_return go_to(request, path_with_query(kLoginPath, request), "redirect");
  }
  co_return while_it_lasts(ctx, request, *session, services_.pages.render(ctx, request, "signed_in", {}));
}

Task<http::Response> SessionPages::ask_to_sign_out(project::Context& ctx, const http::Request& request) const {
  const auto session = co_await session_of(ctx, request);
  if (!session) {
    co_return after_sign_out(ctx, request);
  }
  auto page = services_.pages.render(ctx, request, "logout", {{"stay_url", kFinishPath}});
  co_return while_it_lasts(ctx, request, *session, std::move(page));
}

Task<http::Response> SessionPages::sign_out(project::Context& ctx, const http::Request& request) const {
  if (asks_for_something_else(request)) {
    throw Error(ErrorKind::invalid, std::string(kUnknownAction), "x_action must be logout.");
  }
  if (const auto session = co_await session_of(ctx, request)) {
    co_await services_.sign_out(ctx, session->id);
  }
  const auto target = endpoint::open_post_logout(services_.keys, ctx, request.query.get_or("x_return", ""));
  http::Response response =
      target && !target->uri.empty()
          ? go_to(request, target->uri, "redirect")
          : go_to(request, request.target.starts_with("/logout") ? request.target : std::string("/logout"), "redirect");
  clear_session_cookies(ctx, response);
  co_return response;
}

// Without a session /logout says that it is done, so that the redirect after the form has a page to show.
http::Response SessionPages::after_sign_out(project::Context& ctx, const http::Request& request) const {
  const auto target = endpoint::open_post_logout(services_.keys, ctx, request.query.get_or("x_return", ""));
  const auto* client = target ? ctx.project().client(project::ClientId{target->client_id}) : nullptr;
  http::Response response = endpoint::render_signed_out(services_.pages, ctx, request, client);
  clear_session_cookies(ctx, response);
  return response;
}

Task<http::Response> SessionPages::error(project::Context& ctx, const http::Request& request) const {
  const Visit visit = co_await arrive(services_, ctx, request);
  auto problem = visit.memory.failure ? account_problem(*visit.memory.failure) : std::nullopt;
  co_return stop(services_, ctx, request, visit,
                 problem.value_or(endpoint::Problem{
                     .kind = "unexpected", .again = path_with_query(kLoginPath, request), .show_reference = true}));
}

}  // namespace gatehouse::authui
