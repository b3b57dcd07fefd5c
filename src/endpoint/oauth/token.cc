#include "endpoint/oauth/token.h"

#include <boost/json.hpp>

#include "domain/client/clients.h"
#include "domain/client/scope.h"
#include "endpoint/last_check.h"
#include "endpoint/oauth/token_limits.h"
#include "endpoint/oauth/token_request.h"
#include "platform/base/strict_json.h"
#include "platform/crypto/encoding.h"

namespace gatehouse::oauth {

namespace {

std::string required(const http::Fields& form, std::string_view name) {
  auto value = form.get(name);
  if (!value || value->empty()) {
    throw client::invalid_request(fmt::format("{}: is missing", name));
  }
  return std::move(*value);
}

// x_device_info: base64url of a JSON object that describes an iOS or Android device.
std::optional<boost::json::object> device_info_of(const http::Fields& form) {
  constexpr std::size_t kLongest = 8192;
  const auto sent = form.get("x_device_info");
  if (!sent || sent->empty()) {
    return std::nullopt;
  }
  const auto text = sent->size() <= kLongest ? crypto::from_base64url(*sent) : std::nullopt;
  const auto device = text ? parse_strict_object(*text) : std::nullopt;
  const auto* platform = device ? device->if_contains("ios") : nullptr;
  if (device && platform == nullptr) {
    platform = device->if_contains("android");
  }
  if (platform == nullptr || !platform->is_object()) {
    throw client::invalid_request("x_device_info: must be base64url of a JSON object with an object ios or android");
  }
  return device;
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
                                     "code_verifier", "refresh_token", "scope", "x_device_info"});
    std::string grant_type = required(form, "grant_type");
    const auto& client = client::authenticate(ctx.project(), client_credentials(request, form));
    client::check_grant_type(client, grant_type);
    ctx.client_id = client.client_id.str();
    auto tokens = co_await issue(ctx, client, std::move(grant_type), std::move(form));
    auto response = token_response(tokens);
    if (tokens.ticket) {
      response.last_check = endpoint::still_holds(revocations_, std::move(*tokens.ticket));
    }
    co_return response;
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
    co_return co_await grants_.refresh(ctx, client,
                                       {.refresh_token = required(form, "refresh_token"),
                                        .scope = form.get("scope"),
                                        .device_info = device_info_of(form)});
  }
  grant::CodeExchange exchange;
  exchange.code = required(form, "code");
  exchange.redirect_uri = form.get("redirect_uri");
  exchange.code_verifier = form.get("code_verifier");
  exchange.device_info = device_info_of(form);
  co_return co_await grants_.exchange(ctx, client, std::move(exchange));
}

Task<http::Response> RevocationEndpoint::post(project::Context& ctx, const http::Request& request) {
  std::optional<client::OAuthError> refused;
  int retry_after = 0;
  try {
    const auto form = token_form(request, {"token", "token_type_hint", "client_id", "client_secret"});
    std::string token = required(form, "token");
    const bool presents_itself = presents_client(request, form);
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
