#include "endpoint/authui/routes.h"

#include <utility>

#include "endpoint/authui/flow_pages.h"
#include "endpoint/authui/project_files.h"
#include "endpoint/authui/session_pages.h"
#include "endpoint/authui/steps.h"
#include "platform/http/error_response.h"

namespace gatehouse::authui {

namespace {

using http::Method;
using http::Request;
using http::Response;
using project::Context;

// The pages of one core.
struct Pages {
  explicit Pages(std::shared_ptr<const Services> of) : services(std::move(of)), flow(*services), session(*services) {}

  std::shared_ptr<const Services> services;
  FlowPages flow;
  SessionPages session;
};

template <class Page>
using Action = Task<Response> (Page::*)(Context&, const Request&) const;

Response forgery(const Services& services, Context& ctx, const Request& request) {
  return endpoint::render_problem(
      services.pages, ctx, request,
      {.kind = "forgery", .status = http::Status::forbidden, .again = std::string(kLoginPath)});
}

// The same page at the public host. The target as it was sent may be a whole URI (RFC 9112 3.2.2).
std::string at_origin(const project::Project& project, const Request& request) {
  const std::string query = http::encode_form(request.query);
  return project.origin() + request.path + (query.empty() ? "" : "?" + query);
}

// What holds for every page: only on the public host, forms only from our own pages, language known before anything is
// said or sent, and errors told as a page.
template <class Page>
Task<Response> guard(std::shared_ptr<const Pages> pages, const Page* page, Action<Page> action, Context& ctx,
                     const Request& request) {
  const Services& services = *pages->services;
  const bool changes = request.method == Method::post;
  if (!changes && !at_public_host(ctx.project(), request)) {
    co_return Response::redirect(http::Status::found, at_origin(ctx.project(), request));
  }
  ctx.preferred_languages = endpoint::wanted_languages(request);
  ctx.language = services.pages.look(ctx, request)->texts->language();
  if (changes && (!at_public_host(ctx.project(), request) || judge_sender(ctx.project(), request) == Sender::foreign)) {
    co_return forgery(services, ctx, request);
  }
  std::optional<Error> failed;
  try {
    co_return co_await (page->*action)(ctx, request);
  } catch (const Error& error) {
    failed = error;
  } catch (...) {
    http::response_of_current_exception(ctx);  // for the log
    failed = Error(ErrorKind::internal_error, "UnexpectedError", "unexpected error occurred");
  }
  co_return endpoint::render_problem(services.pages, ctx, request, problem_of(*failed, request));
}

template <class Page>
http::BasicHandler<Context> handler(const std::shared_ptr<const Pages>& pages, Page Pages::* page,
                                    Action<Page> action) {
  return [pages, page, action](Context& ctx, const Request& request) {
    return guard(pages, &((*pages).*page), action, ctx, request);
  };
}

Task<Response> answer(Response response) { co_return response; }

// The reference architecture names this path; the page is the contract's.
Task<Response> to_reset_password(Context& /*ctx*/, const Request& request) {
  const std::string query = http::encode_form(request.query);
  co_return Response::redirect(http::Status::found, "/authflow/v2/reset_password" + (query.empty() ? "" : "?" + query));
}

}  // namespace

void add_routes(http::Router<Context>& router, std::shared_ptr<const Services> services) {
  const auto pages = std::make_shared<const Pages>(services);
  const std::vector<Method> get{Method::get};
  const std::vector<Method> post{Method::post};

  router.add(get, "/_internals/oauth_entrypoint", handler(pages, &Pages::flow, &FlowPages::enter));
  for (const std::string_view path :
       {kLoginPath, kSignupPath, kPasswordPath, kCodePath, kCreatePasswordPath, kChangePasswordPath}) {
    router.add(get, std::string(path), handler(pages, &Pages::flow, &FlowPages::get));
    router.add(post, std::string(path), handler(pages, &Pages::flow, &FlowPages::post));
  }
  router.add(get, std::string(kAccountStatusPath), handler(pages, &Pages::flow, &FlowPages::account_status));
  router.add(get, std::string(kFinishPath), handler(pages, &Pages::session, &SessionPages::signed_in));
  router.add(get, "/", handler(pages, &Pages::session, &SessionPages::root));
  router.add(get, "/logout", handler(pages, &Pages::session, &SessionPages::ask_to_sign_out));
  router.add(post, "/logout", handler(pages, &Pages::session, &SessionPages::sign_out));
  router.add(get, "/v2/errors/error", handler(pages, &Pages::session, &SessionPages::error));
  router.add(get, "/reset_password", to_reset_password);

  router.add(get, "/shared-assets/*all", [services](Context&, const Request& request) -> Task<Response> {
    return answer(services->assets.respond(request));
  });
  router.add(get, "/static/*all", [](Context& ctx, const Request& request) -> Task<Response> {
    return answer(project_file(ctx.project(), request));
  });
}

}  // namespace gatehouse::authui
