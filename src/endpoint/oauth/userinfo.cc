#include "endpoint/oauth/userinfo.h"

#include <boost/json.hpp>

#include "domain/client/oauth_error.h"
#include "domain/grant/user_facts.h"
#include "endpoint/last_check.h"
#include "endpoint/oauth/token_request.h"
#include "endpoint/oauth/user_claims.h"

namespace gatehouse::oauth {

namespace {

// RFC 6750 2.1 and 2.2; two ways at once are refused (2).
std::optional<std::string> bearer_token(const http::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  std::optional<std::string> token;
  if (const auto header = request.header("Authorization")) {
    std::string scheme(header->substr(0, kScheme.size()));
    std::ranges::transform(scheme, scheme.begin(), [](unsigned char c) { return std::tolower(c); });
    if (scheme == kScheme) {
      token = std::string(header->substr(kScheme.size()));
    }
  }
  const bool has_form = request.method == http::Method::post && !request.body.empty();
  if (has_form) {
    const auto in_form = token_form(request, {"access_token"}).get("access_token");
    if (in_form && token) {
      throw client::invalid_request("access_token: is given in the header and in the body");
    }
    token = token ? token : in_form;
  }
  return token;
}

client::OAuthError unknown_token() { return {"invalid_token", "the access token is unknown, expired or revoked", 401}; }

// RFC 6750 3: without a token no error code, else the error in header and body.
http::Response challenge(const client::OAuthError& error, bool presented) {
  auto response =
      http::Response::json(static_cast<http::Status>(error.status()), boost::json::serialize(error.to_json()));
  response.set("WWW-Authenticate", presented ? fmt::format("Bearer error=\"{}\", error_description=\"{}\"",
                                                           error.error(), error.description())
                                             : "Bearer");
  return response;
}

}  // namespace

Task<http::Response> UserInfoEndpoint::answer(project::Context& ctx, const http::Request& request) {
  std::optional<std::string> token;
  try {
    token = bearer_token(request);
  } catch (const client::OAuthError& error) {
    co_return challenge(error, true);
  }
  if (!token) {
    co_return challenge(client::OAuthError("invalid_token", "an access token is needed", 401), false);
  }
  const auto access = co_await tokens_.resolve(ctx, *token);
  if (!access) {
    co_return challenge(unknown_token(), true);
  }
  auto ticket = tokens_.ticket(ctx, *access);
  const auto facts = co_await grant::find_user_facts(ctx, access->user);
  if (!facts) {
    co_return challenge(unknown_token(), true);
  }
  ctx.client_id = access->client.str();
  auto response =
      http::Response::json(http::Status::ok, boost::json::serialize(user_claims(ctx.project(), *access, *facts)));
  response.last_check = endpoint::still_holds(revocations_, std::move(ticket));
  co_return response;
}

}  // namespace gatehouse::oauth
