#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/grant/token_subject.h"
#include "project/context.h"

namespace gatehouse::grant {

// OpenID Connect Core 2, RS256, 5 minutes. `nonce`: of the authorization request.
std::string sign_id_token(const project::Context& ctx, const project::OAuthClient& client, const TokenSubject& subject,
                          const std::optional<std::string>& nonce);

// What `sid` names: base64url of "idp:<session id>" or "offline_grant:<grant id>".
std::string make_sid(const GrantId& grant);

// An ID token that came back as id_token_hint: ours by signature and `iss`; it may have expired (RP-Initiated Logout
// 4).
struct IdTokenHint {
  ClientId client;                   // aud
  UserId user;                       // sub
  std::optional<GrantId> grant;      // of `sid`
  std::optional<SessionId> session;  // of `sid`
};
// Nothing for everything else.
std::optional<IdTokenHint> parse_id_token_hint(const project::Project& project, std::string_view id_token);

}  // namespace gatehouse::grant
