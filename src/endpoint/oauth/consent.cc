#include "endpoint/oauth/consent.h"

#include "domain/grant/user_facts.h"
#include "domain/identity/login_id.h"
#include "endpoint/oauth/authorization_response.h"
#include "endpoint/oauth/browser_binding.h"
#include "endpoint/oauth/carried_request.h"
#include "endpoint/oauth/parameters.h"
#include "endpoint/pages.h"
#include "endpoint/same_origin.h"

namespace gatehouse::oauth {

http::Response ConsentEndpoint::outdated(project::Context& ctx, const http::Request& request) const {
  return endpoint::render_problem(pages_, ctx, request,
                                  {.kind = "outdated", .status = http::Status::bad_request, .again = "/"});
}

// For the browser that began it, so it may be led back to the application.
http::Response ConsentEndpoint::done_before(project::Context& ctx, const http::Request& request,
                                            const sign_in::SignIn& sign_in) const {
  const auto target = redirect_target(ctx.project(), sign_in);
  return endpoint::render_problem(pages_, ctx, request,
                                  {.kind = "finished",
                                   .status = http::Status::bad_request,
                                   .client = endpoint::display_name(*target.client),
                                   .client_uri = endpoint::home_of(*target.client, target.redirect_uri)});
}

// The finished sign-in of the query's code, if this browser began it and its client is still there.
Task<std::optional<sign_in::FinishedSignIns::Found>> ConsentEndpoint::find(project::Context& ctx,
                                                                           const http::Request& request) {
  const auto code = request.query.get("code");
  if (!code) {
    co_return std::nullopt;
  }
  auto found = co_await finished_.find(ctx, *code);
  if (!found || !began_in(found->finished.sign_in, browser_of(ctx, request)) ||
      redirect_target(ctx.project(), found->finished.sign_in).client == nullptr) {
    co_return std::nullopt;
  }
  ctx.client_id = found->finished.sign_in.client_id;
  co_return found;
}

Task<http::Response> ConsentEndpoint::get(project::Context& ctx, const http::Request& request) {
  auto found = co_await find(ctx, request);
  if (!found) {
    co_return outdated(ctx, request);
  }
  const auto& sign_in = found->finished.sign_in;
  const auto given = code_grant(sign_in, found->finished.authentication);
  const auto target = redirect_target(ctx.project(), sign_in);
  if (is_somebody_else(sign_in, given.user)) {
    co_return error_response(ctx.project(), target,
                             client::OAuthError("login_required", "somebody else signed in than id_token_hint names"));
  }
  const bool asked = std::ranges::find(sign_in.prompt, "consent") != sign_in.prompt.end();
  if (target.client->is_third_party() &&
      (asked || !co_await consents_.covers(ctx, given.user, given.client, given.scopes))) {
    co_return co_await ask(ctx, request, sign_in, given);
  }
  co_return co_await issue(ctx, request, std::move(*found));
}

// The page says whose account it is: by a login ID, and by the person's name where it is known.
Task<http::Response> ConsentEndpoint::ask(project::Context& ctx, const http::Request& request,
                                          const sign_in::SignIn& sign_in, const grant::CodeGrant& given) {
  const auto target = redirect_target(ctx.project(), sign_in);
  endpoint::ConsentPage page{.client = target.client, .scopes = given.scopes, .redirect_uri = target.redirect_uri};
  identity::LoginIds login_ids;
  const auto known_by = co_await login_ids.of_user(ctx, given.user);
  if (!known_by.empty()) {
    page.login_id = known_by.front().original_login_id;
  }
  if (const auto facts = co_await grant::find_user_facts(ctx, given.user)) {
    const auto* name = facts->user.standard_attributes.if_contains("name");
    page.name = name != nullptr && name->is_string() ? std::string(name->get_string()) : std::string();
  }
  co_return endpoint::render_consent(pages_, ctx, request, page);
}

Task<http::Response> ConsentEndpoint::post(project::Context& ctx, const http::Request& request) {
  if (endpoint::judge_sender(ctx.project(), request) == endpoint::Sender::foreign) {
    co_return endpoint::render_problem(pages_, ctx, request, {.kind = "forgery", .status = http::Status::forbidden});
  }
  auto found = co_await find(ctx, request);
  if (!found) {
    co_return outdated(ctx, request);
  }
  const std::string action = request.form().get_or("x_action", "");
  const auto& sign_in = found->finished.sign_in;
  if (action == "consent" && !is_somebody_else(sign_in, found->finished.authentication.user_id)) {
    co_return co_await issue(ctx, request, std::move(*found));
  }
  if (action != "cancel") {
    co_return untrusted_response(ctx, request, pages_, request.query, wrong("x_action", "must be consent or cancel"));
  }
  if (!co_await sign_in::FinishedSignIns::discard(ctx, found->artefact)) {
    co_return done_before(ctx, request, sign_in);
  }
  co_return error_response(ctx.project(), redirect_target(ctx.project(), sign_in),
                           client::OAuthError("access_denied", "the person refused"));
}

Task<http::Response> ConsentEndpoint::issue(project::Context& ctx, const http::Request& request,
                                            sign_in::FinishedSignIns::Found found) {
  if (request.method == http::Method::head) {
    co_return http::Response::empty(http::Status::ok);  // what GET does is more than looking
  }
  const auto& sign_in = found.finished.sign_in;
  const auto issued = co_await grant::AuthorizationCodes::issue_from(
      ctx, found.artefact, code_grant(sign_in, found.finished.authentication));
  switch (issued.made) {
    case grant::AuthorizationCodes::Made::done:
      co_return code_response(ctx.project(), redirect_target(ctx.project(), sign_in), issued.code);
    case grant::AuthorizationCodes::Made::used_before:
      co_return done_before(ctx, request, sign_in);
    case grant::AuthorizationCodes::Made::no_longer_active:
      break;
  }
  const auto again = co_await sign_ins_.create(ctx, sign_in);
  co_return http::Response::redirect(http::Status::found, entry_point(ctx.project(), again));
}

}  // namespace gatehouse::oauth
