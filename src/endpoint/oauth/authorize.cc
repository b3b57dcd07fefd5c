#include "endpoint/oauth/authorize.h"

#include "domain/client/scope.h"
#include "domain/grant/id_token.h"
#include "endpoint/last_check.h"
#include "endpoint/oauth/authorization_response.h"
#include "endpoint/oauth/browser_binding.h"
#include "endpoint/oauth/carried_request.h"
#include "endpoint/oauth/parameters.h"
#include "endpoint/same_origin.h"
#include "platform/http/error_response.h"

namespace gatehouse::oauth {

namespace {

using client::OAuthError;

bool recent_enough(const project::Context& ctx, const AuthorizationRequest& wanted, const Session& session) {
  return !wanted.max_age || session.authenticated_at + *wanted.max_age > ctx.now();
}

// Only this client's own ID tokens count (OpenID Connect Core 3.1.2.1); they may have expired.
std::optional<UserId> hinted_user(const project::Project& project, const AuthorizationRequest& wanted) {
  if (wanted.id_token_hint.empty()) {
    return std::nullopt;
  }
  const auto hint = grant::parse_id_token_hint(project, wanted.id_token_hint);
  if (!hint || hint->client != wanted.target.client->client_id) {
    throw client::invalid_request("id_token_hint: is not an ID token that this client got from here");
  }
  return hint->user;
}

// RFC 6749 4.1.2.1: the client hears of it instead of the browser. Whom a limit refuses has to wait before coming back:
// that is told to the person, nothing here.
std::optional<OAuthError> told_to_client(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::service_unavailable:
      return OAuthError("temporarily_unavailable", "the request cannot be answered now; try again later");
    case ErrorKind::internal_error:
      return OAuthError("server_error", "the request could not be answered");
    default:
      return std::nullopt;
  }
}

// Where the session is no longer sure to live when the code is sent.
std::function<std::optional<http::Response>()> last_check(std::function<std::optional<http::Response>()> still_holds,
                                                          project::Handle project, RedirectTarget target) {
  return [still_holds = std::move(still_holds), project = std::move(project),
          target = std::move(target)]() -> std::optional<http::Response> {
    if (!still_holds()) {
      return std::nullopt;
    }
    return error_response(*project, target, *told_to_client(unavailable("it is not certain that the session lives")));
  };
}

}  // namespace

Task<http::Response> AuthorizeEndpoint::get(project::Context& ctx, const http::Request& request) {
  return answer(ctx, request, request.query);
}

Task<http::Response> AuthorizeEndpoint::post(project::Context& ctx, const http::Request& request) {
  auto parameters = request.form();
  if (endpoint::lacks_cookies(ctx.project(), request)) {
    if (const auto url = endpoint::url_by_get(ctx.project(), request, parameters)) {
      co_return http::Response::redirect(http::Status::see_other, *url);
    }
  }
  co_return co_await answer(ctx, request, std::move(parameters));
}

Task<http::Response> AuthorizeEndpoint::answer(project::Context& ctx, const http::Request& request,
                                               http::Fields parameters) {
  parameters = with_values(parameters);
  RedirectTarget target;
  try {
    target = redirect_target(ctx.project(), parameters);
  } catch (const OAuthError& error) {
    co_return untrusted_response(ctx, request, pages_, parameters, error);
  }
  std::optional<OAuthError> refused;
  try {
    auto wanted = authorization_request(parameters, target);
    ctx.client_id = target.client->client_id.str();
    ctx.oauth_state = target.state;
    ctx.oauth_x_state = wanted.x_state;
    co_return co_await decide(ctx, request, std::move(wanted));
  } catch (const OAuthError& error) {
    refused = error;
  } catch (const Error& error) {
    refused = told_to_client(error);
    if (!refused) {
      throw;
    }
  } catch (const std::exception&) {
    http::response_of_current_exception(ctx);  // logs it
    refused = OAuthError("server_error", "the request could not be answered");
  }
  co_return error_response(ctx.project(), target, *refused);
}

// OpenID Connect Core 3.1.2.3: whether this browser's session answers the request, or a person has to.
Task<http::Response> AuthorizeEndpoint::decide(project::Context& ctx, const http::Request& request,
                                               AuthorizationRequest wanted) {
  if (request.method == http::Method::head) {
    co_return http::Response::empty(http::Status::ok);  // what GET does is more than looking
  }
  wanted.hinted_user = hinted_user(ctx.project(), wanted);
  std::optional<Session> session;
  const auto cookie = request.cookie(ctx.project().cookie_name("session"));
  if (cookie && !wanted.suppress_session) {
    session = co_await sessions_.resolve(ctx, *cookie);
  }
  const bool asks_again = wanted.has_prompt("login") || wanted.has_prompt("select_account");
  const bool usable = session && !asks_again && recent_enough(ctx, wanted, *session) &&
                      (!wanted.hinted_user || *wanted.hinted_user == session->user_id);
  if (!usable) {
    if (wanted.has_prompt("none")) {
      throw OAuthError("login_required", "prompt=none, but nobody is signed in as the request asks for");
    }
    co_return co_await begin_sign_in(ctx, request, std::move(wanted));
  }
  co_return co_await with_session(ctx, request, std::move(wanted), std::move(*session));
}

Task<http::Response> AuthorizeEndpoint::with_session(project::Context& ctx, const http::Request& request,
                                                     AuthorizationRequest wanted, Session session) {
  const AuthenticationInfo authentication{.user_id = session.user_id,
                                          .amr = session.amr,
                                          .authenticated_at = session.authenticated_at,
                                          .session_id = session.id};
  auto ticket = sessions_.ticket(ctx, session);
  const bool must_ask =
      wanted.target.client->is_third_party() &&
      (wanted.has_prompt("consent") ||
       !co_await consents_.covers(ctx, session.user_id, wanted.target.client->client_id, wanted.scopes));
  if (must_ask) {
    if (wanted.has_prompt("none")) {
      throw OAuthError("consent_required", "prompt=none, but the person has not allowed these scopes");
    }
    co_return co_await ask_consent(ctx, request, std::move(wanted), authentication);
  }
  const std::string code = co_await grant::AuthorizationCodes::issue(ctx, code_grant(carry(wanted), authentication));
  auto response = code_response(ctx.project(), wanted.target, code);
  response.last_check = last_check(endpoint::still_holds(revocations_, std::move(ticket)), ctx.handle(), wanted.target);
  co_return response;
}

Task<http::Response> AuthorizeEndpoint::ask_consent(project::Context& ctx, const http::Request& request,
                                                    AuthorizationRequest wanted, AuthenticationInfo authentication) {
  const auto browser = browser_of(ctx, request);
  const auto sign_in = co_await sign_ins_.create(ctx, bind(carry(wanted), browser));
  const std::string code =
      co_await finished_.add(ctx, {.sign_in = sign_in, .authentication = std::move(authentication)});
  http::Fields query;
  query.add("code", code);
  auto response = http::Response::redirect(http::Status::found,
                                           ctx.project().origin() + "/oauth2/consent?" + http::encode_form(query));
  remember_browser(ctx, response, browser);
  co_return response;
}

Task<http::Response> AuthorizeEndpoint::begin_sign_in(project::Context& ctx, const http::Request& request,
                                                      AuthorizationRequest wanted) {
  const auto browser = browser_of(ctx, request);
  const auto sign_in = co_await sign_ins_.create(ctx, bind(carry(wanted), browser));
  auto response = http::Response::redirect(http::Status::found, entry_point(ctx.project(), sign_in));
  remember_browser(ctx, response, browser);
  co_return response;
}

}  // namespace gatehouse::oauth
