#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/model/ids.h"
#include "platform/http/message.h"
#include "project/context.h"

namespace gatehouse::oauth {

// Where an error may be told to the client: only a redirect URI that was found to be the client's own.
struct RedirectTarget {
  const project::OAuthClient* client = nullptr;
  std::string redirect_uri;
  std::string state;
};

// An authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1), every parameter judged.
struct AuthorizationRequest {
  RedirectTarget target;
  bool redirect_uri_sent = false;
  std::vector<std::string> scopes;
  std::string nonce;
  std::optional<std::string> code_challenge;  // S256
  std::set<std::string> prompt;
  std::optional<Seconds> max_age;
  std::string login_hint;
  std::string id_token_hint;
  std::optional<UserId> hinted_user;  // whom id_token_hint names, once it was judged
  std::string ui_locales;
  std::string page;  // x_page
  std::string x_state;
  bool sso_enabled = false;       // the grant ends with the browser's session
  bool suppress_session = false;  // the browser's session is neither used nor made

  bool has_prompt(const std::string& value) const { return prompt.contains(value); }
};

// Client and redirect URI. Throws client::OAuthError, which must be shown to the person and never redirected.
RedirectTarget redirect_target(const project::Project& project, const http::Fields& parameters);

// The rest. Throws client::OAuthError, to be sent to `target`.
AuthorizationRequest authorization_request(const http::Fields& parameters, const RedirectTarget& target);

}  // namespace gatehouse::oauth
