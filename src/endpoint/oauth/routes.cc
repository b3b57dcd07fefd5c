#include "endpoint/oauth/routes.h"

#include "endpoint/cors.h"
#include "endpoint/oauth/authorize.h"
#include "endpoint/oauth/consent.h"
#include "endpoint/oauth/discovery.h"
#include "endpoint/oauth/end_session.h"
#include "endpoint/oauth/token.h"
#include "endpoint/oauth/userinfo.h"
#include "endpoint/pages.h"
#include "endpoint/same_origin.h"
#include "platform/http/error_response.h"

namespace gatehouse::oauth {

namespace {

using http::Method;
using Router = http::Router<project::Context>;

struct Endpoints {
  explicit Endpoints(const Services& s)
      : authorize(s.revocations, s.sessions, s.sign_ins, s.finished_sign_ins, s.consents, s.pages),
        consent(s.sign_ins, s.finished_sign_ins, s.consents, s.pages),
        token(s.revocations, s.grants, s.limiter),
        revocation(s.grants, s.limiter),
        userinfo(s.revocations, s.access_tokens, s.sessions),
        end_session(s.sessions, s.keys, s.pages) {}

  DiscoveryEndpoint discovery;
  AuthorizeEndpoint authorize;
  ConsentEndpoint consent;
  TokenEndpoint token;
  RevocationEndpoint revocation;
  UserInfoEndpoint userinfo;
  EndSessionEndpoint end_session;
};

template <class Endpoint>
using Answer = Task<http::Response> (Endpoint::*)(project::Context&, const http::Request&);

// A handler that keeps all endpoints alive and calls one of them.
template <class Endpoint>
http::BasicHandler<project::Context> call(std::shared_ptr<Endpoints> all, Endpoint Endpoints::* endpoint,
                                          Answer<Endpoint> answer) {
  return [all = std::move(all), endpoint, answer](project::Context& ctx, const http::Request& request) {
    return ((*all).*endpoint.*answer)(ctx, request);
  };
}

// What the handler answers or throws, as a response that CORS headers can be added to.
Task<http::Response> answer_of(http::BasicHandler<project::Context> handler, project::Context& ctx,
                               http::Request& request) {
  http::Response response;
  try {
    response = co_await handler(ctx, request);
  } catch (...) {
    response = http::response_of_current_exception(ctx);
  }
  co_return response;
}

// For scripts of other origins: CORS headers on the answer, and the preflight.
Task<http::Response> with_cors(http::BasicHandler<project::Context> handler, project::Context& ctx,
                               http::Request& request) {
  auto response = co_await answer_of(std::move(handler), ctx, request);
  const auto origin = request.header("Origin");
  http::dress_always(response, [project = ctx.handle(), origin = std::string(origin.value_or(""))](auto& leaving) {
    endpoint::allow_origin(*project, origin, leaving);
  });
  co_return response;
}

void add_for_scripts(Router& router, std::vector<Method> methods, std::string path,
                     http::BasicHandler<project::Context> handler) {
  router.add({Method::options}, path, [](project::Context& ctx, const http::Request& request) -> Task<http::Response> {
    co_return endpoint::preflight(ctx.project(), request, "GET, POST, OPTIONS");
  });
  router.add(std::move(methods), std::move(path),
             [handler = std::move(handler)](project::Context& ctx, http::Request& request) {
               return with_cors(handler, ctx, request);
             });
}

// Documents that anybody may read.
Task<http::Response> open_to_all(http::BasicHandler<project::Context> handler, project::Context& ctx,
                                 http::Request& request) {
  auto response = co_await answer_of(std::move(handler), ctx, request);
  response.set("Access-Control-Allow-Origin", "*");
  co_return response;
}

void add_document(Router& router, std::string path, http::BasicHandler<project::Context> handler) {
  router.add({Method::options}, path, [](project::Context&, const http::Request&) -> Task<http::Response> {
    auto response = http::Response::empty(http::Status::no_content);
    response.set("Access-Control-Allow-Origin", "*").set("Access-Control-Allow-Headers", "*");
    co_return response;
  });
  router.add({Method::get}, std::move(path),
             [handler = std::move(handler)](project::Context& ctx, http::Request& request) {
               return open_to_all(handler, ctx, request);
             });
}

// The address that asks the same again, also for a form that may be sent as one (/oauth2/authorize); empty where there
// is none.
std::string same_again(const project::Project& project, const http::Request& request) {
  http::Fields parameters = request.query;
  try {
    if (parameters.all().empty() && request.method == Method::post) {
      parameters = request.form();
    }
  } catch (const Error&) {
    return {};
  }
  return parameters.all().empty() ? std::string() : endpoint::url_by_get(project, request, parameters).value_or("");
}

// A browser hears of what went wrong as a page.
Task<http::Response> told_as_page(http::BasicHandler<project::Context> handler, const endpoint::PageRenderer& pages,
                                  project::Context& ctx, http::Request& request) {
  std::optional<Error> failed;
  try {
    co_return co_await handler(ctx, request);
  } catch (const Error& error) {
    failed = error;
  } catch (...) {
    http::response_of_current_exception(ctx);  // for the log
    failed = Error(ErrorKind::internal_error, "UnexpectedError", "unexpected error occurred");
  }
  if (!endpoint::wants_html(request)) {
    throw *failed;
  }
  auto problem = endpoint::problem_of(*failed);
  problem.again = same_again(ctx.project(), request);
  co_return endpoint::render_problem(pages, ctx, request, problem);
}

void add_for_people(Router& router, Method method, std::string path, const endpoint::PageRenderer& pages,
                    http::BasicHandler<project::Context> handler) {
  router.add({method}, std::move(path),
             [handler = std::move(handler), &pages](project::Context& ctx, http::Request& request) {
               return told_as_page(handler, pages, ctx, request);
             });
}

}  // namespace

void add_routes(Router& router, const Services& services) {
  const auto all = std::make_shared<Endpoints>(services);
  add_document(router, "/.well-known/openid-configuration",
               call(all, &Endpoints::discovery, &DiscoveryEndpoint::metadata));
  add_document(router, "/.well-known/oauth-authorization-server",
               call(all, &Endpoints::discovery, &DiscoveryEndpoint::metadata));
  add_document(router, "/oauth2/jwks", call(all, &Endpoints::discovery, &DiscoveryEndpoint::jwks));
  const auto add_page = [&](std::string path, auto endpoint, auto get, auto post) {
    add_for_people(router, Method::get, path, services.pages, call(all, endpoint, get));
    add_for_people(router, Method::post, path, services.pages, call(all, endpoint, post));
  };
  add_page("/oauth2/authorize", &Endpoints::authorize, &AuthorizeEndpoint::get, &AuthorizeEndpoint::post);
  add_page("/oauth2/consent", &Endpoints::consent, &ConsentEndpoint::get, &ConsentEndpoint::post);
  add_page("/oauth2/end_session", &Endpoints::end_session, &EndSessionEndpoint::get, &EndSessionEndpoint::post);
  add_for_scripts(router, {Method::post}, "/oauth2/token", call(all, &Endpoints::token, &TokenEndpoint::post));
  add_for_scripts(router, {Method::post}, "/oauth2/revoke",
                  call(all, &Endpoints::revocation, &RevocationEndpoint::post));
  add_for_scripts(router, {Method::get, Method::post}, "/oauth2/userinfo",
                  call(all, &Endpoints::userinfo, &UserInfoEndpoint::answer));
}

}  // namespace gatehouse::oauth
