#include "endpoint/oauth/token.h"

#include <boost/json.hpp>

#include "domain/client/clients.h"
#include "domain/client/scope.h"
#include "endpoint/oauth/token_limits.h"
#include "endpoint/oauth/token_request.h"

namespace gatehouse::oauth {

namespace {

std::string required(const http::Fields& form, std::string_view name) {
  auto value = form.get(name);
  if (!value || value->empty()) {
    throw client::invalid_request(fmt::format("{}: is missing", name));
  }
  return std::move(*value);
}

http::Response token_response(const grant::IssuedTokens& tokens) {
  boost::json::object json{{"access_token", tokens.access_token},
                           {"token_type", "Bearer"},
                           {"expires_in", tokens.expires_in.count()},
                           {"scope", client::join_scope(tokens.scopes)}};
  if (tokens.id_token) {
    json["id_token"] = *tokens.id_token;
  }
  if (tokens.refresh_token) {
    json["refresh_token"] = *tokens.refresh_token;
  }
  auto response = http::Response::json(http::Status::ok, boost::json::serialize(json));
  response.set("Pragma", "no-cache");
  return response;
}

http::Response retry_later(http::Response response, int seconds) {
  if (seconds > 0) {
    response.set("Retry-After", std::to_string(seconds));
  }
  return response;
}

}  // namespace

Task<http::Response> TokenEndpoint::post(project::Context& ctx, const http::Request& request) {
  std::optional<client::OAuthError> refused;
  int retry_after = 0;
  try {
    co_await limiter_.take(ctx, limit_per_ip(ctx));
    auto form = token_form(request, {"grant_type", "client_id", "client_secret", "code", "redirect_uri",
                                     "code_verifier", "refresh_token", "scope"});
    std::string grant_type = required(form, "grant_type");
    const auto& client = client::authenticate(ctx.project(), client_credentials(request, form));
    client::check_grant_type(client, grant_type);
    ctx.client_id = client.client_id.str();
    const auto tokens = co_await issue(ctx, client, std::move(grant_type), std::move(form));
    co_return token_response(tokens);
  } catch (const client::OAuthError& error) {
    refused = error;
  } catch (const Error& error) {
    refused = rate_limited(error);
    retry_after = error.retry_after();
  }
  co_return retry_later(token_error(*refused), retry_after);
}

Task<grant::IssuedTokens> TokenEndpoint::issue(project::Context& ctx, const project::OAuthClient& client,
                                               std::string grant_type, http::Fields form) {
  if (grant_type == "refresh_token") {
    co_return co_await grants_.refresh(ctx, client, required(form, "refresh_token"), form.get("scope"));
  }
  grant::CodeExchange exchange;
  exchange.code = required(form, "code");
  exchange.redirect_uri = form.get("redirect_uri");
  exchange.code_verifier = form.get("code_verifier");
  co_return co_await grants_.exchange(ctx, client, std::move(exchange));
}

Task<http::Response> RevocationEndpoint::post(project::Context& ctx, const http::Request& request) {
  std::optional<client::OAuthError> refused;
  int retry_after = 0;
  try {
    const auto form = token_form(request, {"token", "token_type_hint", "client_id", "client_secret"});
    std::string token = required(form, "token");
    const bool presents_itself = form.get("client_id") || request.header("Authorization");
    if (presents_itself) {
      co_await limiter_.take(ctx, limit_per_ip(ctx));
    }
    const auto* client =
        presents_itself ? &client::authenticate(ctx.project(), client_credentials(request, form)) : nullptr;
    co_await grants_.revoke(ctx, client, std::move(token));
    co_return http::Response::empty(http::Status::ok);
  } catch (const client::OAuthError& error) {
    refused = error;
  } catch (const Error& error) {
    refused = rate_limited(error);
    retry_after = error.retry_after();
  }
  co_return retry_later(token_error(*refused), retry_after);
}

}  // namespace gatehouse::oauth
