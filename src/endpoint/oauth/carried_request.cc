#include "endpoint/oauth/carried_request.h"

namespace gatehouse::oauth {

namespace {

// What is longer is not shown in the address bar, which would be too long to be asked for: the sign-in has it.
constexpr std::size_t kLongestShown = 1024;

// What the sign-in keeps of the request: what the code will be made from.
boost::json::object kept(const AuthorizationRequest& wanted) {
  boost::json::object json{{"redirect_uri", wanted.target.redirect_uri},
                           {"redirect_uri_sent", wanted.redirect_uri_sent},
                           {"state", wanted.target.state},
                           {"x_state", wanted.x_state},
                           {"scopes", boost::json::value_from(wanted.scopes)},
                           {"sso_enabled", wanted.sso_enabled}};
  if (wanted.code_challenge) {
    json["code_challenge"] = *wanted.code_challenge;
  }
  if (!wanted.nonce.empty()) {
    json["nonce"] = wanted.nonce;
  }
  if (wanted.hinted_user) {
    json["hinted_user"] = wanted.hinted_user->str();
  }
  return json;
}

}  // namespace

sign_in::SignIn carry(const AuthorizationRequest& wanted) {
  return {.client_id = wanted.target.client->client_id.str(),
          .authorization_request = kept(wanted),
          .prompt = {wanted.prompt.begin(), wanted.prompt.end()},
          .login_hint = wanted.login_hint,
          .ui_locales = wanted.ui_locales,
          .page = wanted.page,
          .suppress_session = wanted.suppress_session};
}

grant::CodeGrant code_grant(const sign_in::SignIn& sign_in, const AuthenticationInfo& authentication) {
  const auto& request = sign_in.authorization_request;
  const auto optional = [&](const char* name) -> std::optional<std::string> {
    const auto* value = request.if_contains(name);
    return value != nullptr ? std::optional(boost::json::value_to<std::string>(*value)) : std::nullopt;
  };
  const auto* sso = request.if_contains("sso_enabled");
  return {.user = authentication.user_id,
          .client = ClientId{sign_in.client_id},
          .redirect_uri = *optional("redirect_uri"),
          .redirect_uri_sent = request.at("redirect_uri_sent").as_bool(),
          .code_challenge = optional("code_challenge"),
          .nonce = optional("nonce"),
          .scopes = boost::json::value_to<std::vector<std::string>>(request.at("scopes")),
          .session = authentication.session_id,
          .sso_enabled = sso != nullptr && sso->as_bool(),
          .amr = authentication.amr,
          .authenticated_at = authentication.authenticated_at,
          .announced = authentication.announced};
}

bool is_somebody_else(const sign_in::SignIn& sign_in, const UserId& user) {
  const auto* hinted = sign_in.authorization_request.if_contains("hinted_user");
  return hinted != nullptr && hinted->as_string() != user.str();
}

std::string entry_point(const project::Project& project, const sign_in::SignIn& sign_in) {
  const auto& request = sign_in.authorization_request;
  http::Fields query;
  query.add("x_ref", sign_in.id);
  query.add("client_id", sign_in.client_id);
  query.add("redirect_uri", boost::json::value_to<std::string>(request.at("redirect_uri")));
  const auto add_if = [&](const char* name, const std::string& value) {
    if (!value.empty() && value.size() <= kLongestShown) {
      query.add(name, value);
    }
  };
  add_if("ui_locales", sign_in.ui_locales);
  add_if("state", boost::json::value_to<std::string>(request.at("state")));
  add_if("x_state", boost::json::value_to<std::string>(request.at("x_state")));
  return project.origin() + "/_internals/oauth_entrypoint?" + http::encode_form(query);
}

RedirectTarget redirect_target(const project::Project& project, const sign_in::SignIn& sign_in) {
  const auto& request = sign_in.authorization_request;
  return {.client = project.client(ClientId{sign_in.client_id}),
          .redirect_uri = boost::json::value_to<std::string>(request.at("redirect_uri")),
          .state = boost::json::value_to<std::string>(request.at("state"))};
}

}  // namespace gatehouse::oauth
