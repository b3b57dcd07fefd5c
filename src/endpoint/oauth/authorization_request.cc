#include "endpoint/oauth/authorization_request.h"

#include <array>
#include <charconv>

#include "domain/client/clients.h"
#include "domain/client/oauth_error.h"
#include "domain/client/redirect_uri.h"
#include "domain/client/scope.h"
#include "domain/grant/pkce.h"
#include "domain/sign_in/login_hint.h"
#include "endpoint/oauth/parameters.h"

namespace gatehouse::oauth {

namespace {

using client::OAuthError;

constexpr std::size_t kLongestText = 2048;
constexpr std::size_t kLongestState = 8192;
constexpr std::int64_t kLongestAge = 1'000'000'000;  // more seconds than any session is old

std::string bounded(const http::Fields& parameters, std::string_view name) {
  std::string value = parameters.get_or(name, "");
  if (value.size() > kLongestText) {
    throw wrong(name, "is longer than 2048 bytes");
  }
  return value;
}

// What an error can send back; what comes twice or is too long is told as the error.
std::string state_of(const http::Fields& parameters) {
  const bool usable = parameters.count("state") == 1 && parameters.get("state")->size() <= kLongestState;
  return usable ? *parameters.get("state") : "";
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find(' ', from), text.size());
    if (end > from) {
      list.push_back(text.substr(from, end - from));
    }
    from = end + 1;
  }
  return list;
}

void check_response_type(const http::Fields& parameters) {
  const auto type = parameters.get("response_type");
  if (!type || type->empty()) {
    throw wrong("response_type", "is missing");
  }
  if (*type != "code") {
    throw OAuthError("unsupported_response_type", "response_type: only 'code' is supported");
  }
  const std::string mode = parameters.get_or("response_mode", "query");
  if (mode != "query") {
    throw wrong("response_mode", "only 'query' is supported");
  }
}

// OpenID Connect Core 6: request objects are not supported, and say so by their own errors.
void check_request_objects(const http::Fields& parameters) {
  constexpr std::array<std::string_view, 3> kNames{"request", "request_uri", "registration"};
  for (const auto name : kNames) {
    if (parameters.get(name)) {
      throw OAuthError(std::string(name) + "_not_supported", std::string(name) + ": is not supported");
    }
  }
}

std::set<std::string> prompt_of(const http::Fields& parameters) {
  const auto list = words(parameters.get_or("prompt", ""));
  std::set<std::string> prompt(list.begin(), list.end());
  for (const auto& value : prompt) {
    if (value != "none" && value != "login" && value != "consent" && value != "select_account") {
      throw wrong("prompt", "must be made of none, login, consent and select_account");
    }
  }
  if (prompt.contains("none") && prompt.size() > 1) {
    throw wrong("prompt", "'none' cannot stand beside another value");
  }
  return prompt;
}

std::optional<Seconds> max_age_of(const http::Fields& parameters) {
  const auto text = parameters.get("max_age");
  if (!text || text->empty()) {
    return std::nullopt;
  }
  std::int64_t seconds = -1;
  const auto* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, seconds);
  if (parsed.ptr != end || text->front() == '-' || parsed.ec == std::errc::invalid_argument) {
    throw wrong("max_age", "must be a whole number of seconds, 0 or more");
  }
  if (parsed.ec == std::errc::result_out_of_range) {
    return Seconds{kLongestAge};
  }
  return Seconds{std::min(seconds, kLongestAge)};
}

// x_sso_enabled decides; x_suppress_idp_session_cookie is what older SDKs say instead.
void read_session_wishes(const http::Fields& parameters, AuthorizationRequest& request) {
  const auto sso = parameters.get("x_sso_enabled");
  request.sso_enabled = sso == "true";
  request.suppress_session = sso ? !request.sso_enabled : parameters.get("x_suppress_idp_session_cookie") == "true";
  if (request.sso_enabled && request.target.client->max_concurrent_session == 1) {
    throw wrong("x_sso_enabled", "must not be true for a client with x_max_concurrent_session 1");
  }
}

// Any text may prefill the login ID; only a malformed hint of the contract's own form is refused.
std::string login_hint_of(const http::Fields& parameters) {
  auto login_id = sign_in::login_id_of_hint(bounded(parameters, "login_hint"));
  if (!login_id) {
    throw wrong("login_hint", "type must be login_id, anonymous or app_session_token");
  }
  return std::move(*login_id);
}

}  // namespace

RedirectTarget redirect_target(const project::Project& project, const http::Fields& parameters) {
  check_single(parameters, {"client_id", "redirect_uri"});
  const auto id = parameters.get("client_id");
  if (!id || id->empty()) {
    throw wrong("client_id", "is missing");
  }
  const auto* client = project.client(ClientId{*id});
  if (client == nullptr) {
    throw OAuthError("invalid_client", "client_id: there is no such client");
  }
  if (client::find_for_authorization(project, *id) == nullptr) {
    throw OAuthError("unauthorized_client", "client_id: this client cannot sign people in");
  }
  RedirectTarget target;
  target.client = client;
  target.redirect_uri = client::resolve_redirect_uri(*client, parameters.get("redirect_uri"));
  target.state = state_of(parameters);
  return target;
}

AuthorizationRequest authorization_request(const http::Fields& parameters, const RedirectTarget& target) {
  check_single(parameters, {"response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
                            "ui_locales", "login_hint", "id_token_hint", "code_challenge", "code_challenge_method",
                            "x_sso_enabled", "x_suppress_idp_session_cookie"});
  if (parameters.get_or("state", "").size() > kLongestState) {
    throw wrong("state", "is longer than 8192 bytes");
  }
  check_response_type(parameters);
  check_request_objects(parameters);
  AuthorizationRequest request;
  request.target = target;
  request.redirect_uri_sent = parameters.get("redirect_uri").has_value();
  request.scopes = client::parse_scope(*target.client, parameters.get_or("scope", ""));
  request.nonce = bounded(parameters, "nonce");
  request.code_challenge = grant::check_code_challenge(*target.client, parameters.get("code_challenge"),
                                                       parameters.get("code_challenge_method"));
  request.prompt = prompt_of(parameters);
  request.max_age = max_age_of(parameters);
  request.login_hint = login_hint_of(parameters);
  request.id_token_hint = parameters.get_or("id_token_hint", "");
  request.ui_locales = bounded(parameters, "ui_locales");
  if (const auto page = parameters.get_or("x_page", ""); page == "login" || page == "signup") {
    request.page = page;
  }
  request.x_state = bounded(parameters, "x_state");
  read_session_wishes(parameters, request);
  return request;
}

}  // namespace gatehouse::oauth
