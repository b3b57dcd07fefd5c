#include "endpoint/authui/flow_pages.h"

#include <utility>

#include "endpoint/authui/sentences.h"
#include "endpoint/authui/steps.h"
#include "endpoint/authui/views.h"

namespace gatehouse::authui {

namespace {

bool begins_flows(std::string_view path) { return path == kLoginPath || path == kSignupPath; }

std::string flow_type(std::string_view path) { return path == kSignupPath ? "signup" : "login"; }

// A path where it is our own origin's, so that the Location never names a host.
std::string own_path(const project::Project& project, const std::string& uri) {
  const std::string& origin = project.origin();
  const bool own = uri.starts_with(origin) && uri.size() > origin.size() && uri[origin.size()] == '/';
  return own ? uri.substr(origin.size()) : uri;
}

}  // namespace

Task<http::Response> FlowPages::enter(project::Context& ctx, const http::Request& request) const {
  Visit visit = co_await arrive(services_, ctx, request);
  if (!visit.sign_in) {
    co_return outdated(ctx, request, visit);
  }
  const std::string type = visit.sign_in->page == "signup" ? "signup" : "login";
  co_return co_await begin(ctx, request, std::move(visit), type);
}

Task<http::Response> FlowPages::get(project::Context& ctx, const http::Request& request) const {
  Visit visit = co_await arrive(services_, ctx, request);
  if (visit.sign_in_lost) {
    co_return outdated(ctx, request, visit);
  }
  const auto shown = co_await show(ctx, visit);
  if (!shown && begins_flows(request.path)) {
    co_return co_await begin(ctx, request, std::move(visit), flow_type(request.path));
  }
  if (!shown) {
    co_return co_await gone(ctx, request, std::move(visit));
  }
  if (visit.browser.is_new || !shown->begun_here) {
    co_return stop(
        services_, ctx, request, visit,
        {.kind = "browser", .status = http::Status::forbidden, .again = path_with_query(kLoginPath, request)});
  }
  co_return draw(ctx, request, visit, shown->reply);
}

Task<http::Response> FlowPages::begin(project::Context& ctx, const http::Request& request, Visit visit,
                                      std::string type) const {
  if (request.method == http::Method::head) {
    co_return http::Response::html(http::Status::ok, "");  // only looking begins nothing
  }
  flow::Start start{.type = std::move(type), .sign_in = visit.sign_in, .browser = visit.browser.hash()};
  if (auto cookie = request.cookie(ctx.project().cookie_name("session"))) {
    start.session = co_await services_.find_session(ctx, std::move(*cookie));
  }
  const flow::Reply reply = co_await services_.flows.create(ctx, std::move(start));
  visit.memory.step = reply.state_token;
  co_return next(ctx, request, visit, reply);
}

Task<http::Response> FlowPages::post(project::Context& ctx, const http::Request& request) const {
  Visit visit = co_await arrive(services_, ctx, request);
  if (visit.sign_in_lost) {
    co_return outdated(ctx, request, visit);
  }
  auto shown = co_await show(ctx, visit);
  if (visit.browser.is_new || (shown && !shown->begun_here)) {
    co_return stop(services_, ctx, request, visit,
                   {.kind = visit.browser.is_new ? "browser" : "forgery",
                    .status = http::Status::forbidden,
                    .again = path_with_query(kLoginPath, request)});
  }
  auto form = typed_form(request);
  if (shown && !form) {
    co_return refuse(ctx, request, visit,
                     Error(ErrorKind::invalid, std::string(kUnreadableText), "A value of the form is not text."));
  }
  // A flow that is not there has finished, perhaps by this very form, whose answer was lost: then feeding it again
  // gives the same answer. It can no longer be asked whose it is, so the request itself has to show that it comes from
  // our page.
  const bool may_be_retry = !visit.step.empty() && judge_sender(ctx.project(), request) == Sender::same_origin;
  if (form && (shown || may_be_retry)) {
    auto action = shown ? std::move(shown->reply.action) : flow::Action{};
    co_return co_await feed(ctx, request, std::move(visit), std::move(action), std::move(*form));
  }
  co_return co_await start_over(ctx, request, std::move(visit), std::move(form).value_or(http::Fields()));
}

Task<http::Response> FlowPages::feed(project::Context& ctx, const http::Request& request, Visit visit,
                                     flow::Action asked, http::Fields form) const {
  if (begins_flows(request.path)) {
    visit.memory = {.step = visit.step, .login_id = typed_login_id(form)};
  }
  std::optional<Error> refused;
  try {
    auto input = input_of(ctx.config(), request.path, form, asked);
    const flow::Reply reply = co_await services_.flows.feed(ctx, visit.step, std::move(input));
    if (reply.finished) {
      co_return finish(ctx, request, visit, *reply.finished);
    }
    visit.memory = {.step = reply.state_token, .login_id = visit.memory.login_id};
    visit.memory.notice = form.get_or("x_action", "") == "resend" ? "code.sent_again" : "";
    co_return next(ctx, request, visit, reply);
  } catch (const Error& error) {
    refused = error;
  }
  if (refused->reason() == "AuthenticationFlowNotFound") {
    co_return co_await start_over(ctx, request, std::move(visit), std::move(form));
  }
  co_return refuse(ctx, request, visit, *refused);
}

Task<http::Response> FlowPages::start_over(project::Context& ctx, const http::Request& request, Visit visit,
                                           http::Fields form) const {
  if (!begins_flows(request.path)) {
    co_return co_await gone(ctx, request, std::move(visit));
  }
  visit.memory = {.login_id = typed_login_id(form), .caution = "error.stale"};
  co_return co_await begin(ctx, request, std::move(visit), flow_type(request.path));
}

Task<http::Response> FlowPages::account_status(project::Context& ctx, const http::Request& request) const {
  const Visit visit = co_await arrive(services_, ctx, request);
  auto problem = visit.memory.failure ? account_problem(*visit.memory.failure) : std::nullopt;
  if (!problem) {
    co_return outdated(ctx, request, visit);
  }
  co_return stop(services_, ctx, request, visit, std::move(*problem));
}

Task<std::optional<flow::Shown>> FlowPages::show(project::Context& ctx, const Visit& visit) const {
  if (visit.step.empty()) {
    co_return std::nullopt;
  }
  try {
    co_return co_await services_.flows.show(ctx, visit.step, visit.browser.hash());
  } catch (const Error& error) {
    if (error.reason() != "AuthenticationFlowNotFound") {
      throw;
    }
  }
  co_return std::nullopt;
}

http::Response FlowPages::draw(project::Context& ctx, const http::Request& request, const Visit& visit,
                               const flow::Reply& reply) const {
  const auto page = page_of(reply);
  if (!page) {
    return stop(services_, ctx, request, visit, {.kind = "unsupported", .again = path_with_query(kLoginPath, request)});
  }
  if (page->path != request.path) {
    return go_to(request, path_with_query(page->path, request, reply.state_token), "replace");
  }
  http::Response response =
      services_.pages.render(ctx, request, page->page, view_of(services_, ctx, request, visit, reply, page->page));
  const bool said = request.method != http::Method::head;
  if (said && (visit.memory.failure || !visit.memory.notice.empty() || !visit.memory.caution.empty())) {
    remember(services_.keys, ctx, request, response, visit.browser,
             {.step = visit.memory.step, .login_id = visit.memory.login_id});
  }
  return response;
}

http::Response FlowPages::next(project::Context& ctx, const http::Request& request, const Visit& visit,
                               const flow::Reply& reply) const {
  const auto page = page_of(reply);
  if (!page) {
    return stop(services_, ctx, request, visit, {.kind = "unsupported", .again = path_with_query(kLoginPath, request)});
  }
  http::Response response = go_to(request, path_with_query(page->path, request, reply.state_token),
                                  page->path == request.path ? "replace" : "advance");
  remember_browser(ctx, response, visit.browser);
  if (!visit.memory.login_id.empty() || !visit.memory.notice.empty() || !visit.memory.caution.empty()) {
    remember(services_.keys, ctx, request, response, visit.browser, visit.memory, visit.step);
  }
  return response;
}

http::Response FlowPages::finish(project::Context& ctx, const http::Request& request, const Visit& visit,
                                 const flow::Finished& finished) const {
  const std::string& waiting = finished.redirect_uri;
  const std::string& usual = ctx.config().ui.default_redirect_uri;
  const std::string location = !waiting.empty() ? own_path(ctx.project(), waiting)
                               : !usual.empty() ? usual
                                                : std::string(kFinishPath);
  http::Response response = go_to(request, location, "redirect");
  if (finished.session_token) {
    set_session_cookies(ctx, response, *finished.session_token);
  }
  forget(services_.keys, ctx, request, response, visit.browser, visit.step);
  return response;
}

http::Response FlowPages::refuse(project::Context& ctx, const http::Request& request, const Visit& visit,
                                 const Error& error) const {
  const Failure failure = Failure::of(error);
  const bool cannot_send = failure.reason.starts_with("NoAvailable");
  if (error.kind() == ErrorKind::service_unavailable || (error.kind() == ErrorKind::internal_error && !cannot_send)) {
    throw error;
  }
  const bool account = account_problem(failure).has_value();
  std::string location =
      path_with_query(account ? kAccountStatusPath : std::string_view(request.path), request, visit.step);
  if (const auto key = request.query.get("q_login_id_key"); key && request.path == kSignupPath) {
    location += "&q_login_id_key=" + http::percent_encode(*key);
  }
  http::Response response = go_to(request, location, account ? "advance" : "replace");
  remember(services_.keys, ctx, request, response, visit.browser,
           {.step = visit.step, .login_id = visit.memory.login_id, .failure = failure});
  return response;
}

// Whoever is signed in finished the flow, here or in another window, and wants to go on.
Task<http::Response> FlowPages::gone(project::Context& ctx, const http::Request& request, Visit visit) const {
  auto cookie = request.cookie(ctx.project().cookie_name("session"));
  if (!cookie || visit.client == nullptr || endpoint::home_of(*visit.client).empty()) {
    co_return outdated(ctx, request, visit);
  }
  const auto session = co_await services_.find_session(ctx, std::move(*cookie));
  if (session) {
    co_return stop(services_, ctx, request, visit, {.kind = "finished", .status = http::Status::bad_request});
  }
  co_return outdated(ctx, request, visit);
}

http::Response FlowPages::outdated(project::Context& ctx, const http::Request& request, const Visit& visit) const {
  return stop(services_, ctx, request, visit,
              {.kind = "outdated",
               .status = http::Status::bad_request,
               .again = visit.sign_in_lost ? std::string() : path_with_query(kLoginPath, request)});
}

}  // namespace gatehouse::authui
