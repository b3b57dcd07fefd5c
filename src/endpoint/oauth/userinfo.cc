#include "endpoint/oauth/userinfo.h"

#include <boost/json.hpp>

#include "domain/client/oauth_error.h"
#include "domain/client/scope.h"
#include "domain/grant/credential_claims.h"
#include "endpoint/cors.h"
#include "endpoint/last_check.h"
#include "endpoint/oauth/token_request.h"
#include "platform/base/ascii.h"

namespace gatehouse::oauth {

namespace {

bool has_form(const http::Request& request) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  const auto type = request.header("Content-Type").value_or("");
  return request.method == http::Method::post && equals_ignoring_case(type.substr(0, kForm.size()), kForm);
}

// RFC 6750 2.1 and 2.2; two ways at once are refused (2).
std::optional<std::string> bearer_token(const http::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  std::optional<std::string> token;
  if (const auto header = request.header("Authorization")) {
    if (equals_ignoring_case(header->substr(0, kScheme.size()), kScheme)) {
      token = std::string(trim(header->substr(kScheme.size())));
    }
  }
  if (has_form(request)) {
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

// OpenID Connect Core 5.3: user info is what `openid` gives; a refresh may have left it out (RFC 6750 3.1).
http::Response lacks_openid() {
  auto response = challenge({"insufficient_scope", "the access token was not given for openid", 403}, true);
  response.set("WWW-Authenticate", std::string(*response.header("WWW-Authenticate")) + ", scope=\"openid\"");
  return response;
}

// The session is the first party's: a script of somebody else's application that shares the site with us sends the
// cookie as well, but gets only what its own token gives.
bool is_ours(const project::Context& ctx, const http::Request& request) {
  const auto origin = request.header("Origin");
  return !origin || endpoint::is_first_party_origin(ctx.project(), *origin);
}

Task<std::optional<boost::json::object>> read(project::Context& ctx, UserId user, Reader reader) {
  if (!reader.sees_credentials()) {
    const auto facts = co_await grant::find_user_facts(ctx, std::move(user));
    co_return facts ? std::optional(user_claims(reader, *facts)) : std::nullopt;
  }
  auto full = co_await grant::find_full_user_facts(ctx, std::move(user));
  if (!full) {
    co_return std::nullopt;
  }
  auto claims = user_claims(reader, full->facts);
  for (auto& [name, value] : full->credentials) {
    claims[name] = std::move(value);
  }
  co_return claims;
}

}  // namespace

Task<std::optional<UserInfoEndpoint::Access>> UserInfoEndpoint::by_token(project::Context& ctx, std::string token) {
  auto access = co_await tokens_.resolve(ctx, std::move(token));
  if (!access) {
    co_return std::nullopt;
  }
  const auto* client = ctx.project().client(access->client);
  ctx.client_id = access->client.str();
  Access found;
  found.ticket = tokens_.ticket(ctx, *access);
  found.user = std::move(access->user);
  found.reader.first_party = client != nullptr && !client->is_third_party();
  found.reader.scopes = std::move(access->scopes);
  co_return found;
}

Task<std::optional<UserInfoEndpoint::Access>> UserInfoEndpoint::by_session(project::Context& ctx, std::string cookie) {
  auto session = co_await sessions_.resolve(ctx, std::move(cookie));
  if (!session) {
    co_return std::nullopt;
  }
  Access found;
  found.ticket = sessions_.ticket(ctx, *session);
  found.user = std::move(session->user_id);
  found.reader.first_party = true;
  found.reader.scopes = {std::string(client::kOpenId), std::string(client::kFullAccess)};
  co_return found;
}

Task<http::Response> UserInfoEndpoint::answer(project::Context& ctx, const http::Request& request) {
  std::optional<std::string> token;
  try {
    token = bearer_token(request);
  } catch (const client::OAuthError& error) {
    co_return challenge(error, true);
  }
  std::optional<Access> access;
  if (token) {
    access = co_await by_token(ctx, std::move(*token));
  } else if (auto cookie = request.cookie(ctx.project().cookie_name("session")); cookie && is_ours(ctx, request)) {
    access = co_await by_session(ctx, std::move(*cookie));
  } else {
    co_return challenge(client::OAuthError("invalid_token", "an access token is needed", 401), false);
  }
  if (access && !client::has_scope(access->reader.scopes, client::kOpenId)) {
    co_return lacks_openid();
  }
  std::optional<boost::json::object> claims;
  if (access) {
    claims = co_await read(ctx, access->user, access->reader);
  }
  if (!claims) {
    co_return challenge(unknown_token(), true);
  }
  auto response = http::Response::json(http::Status::ok, boost::json::serialize(*claims));
  response.last_check = endpoint::still_holds(revocations_, std::move(access->ticket));
  co_return response;
}

}  // namespace gatehouse::oauth
