#pragma once

#include "domain/grant/access_token.h"
#include "domain/session/sessions.h"
#include "endpoint/oauth/user_claims.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// GET, POST /oauth2/userinfo — OpenID Connect Core 5.3, RFC 6750: the token in the Authorization header or, by POST, in
// the form. Without a token the browser's session counts, with full access.
class UserInfoEndpoint {
 public:
  UserInfoEndpoint(const session::RevocationFeed& revocations, grant::AccessTokens& tokens, session::Sessions& sessions)
      : revocations_(revocations), tokens_(tokens), sessions_(sessions) {}

  Task<http::Response> answer(project::Context& ctx, const http::Request& request);

 private:
  // Whose claims to whom, and what that stands on.
  struct Access {
    UserId user;
    Reader reader;
    session::Ticket ticket;
  };
  Task<std::optional<Access>> by_token(project::Context& ctx, std::string token);
  Task<std::optional<Access>> by_session(project::Context& ctx, std::string cookie);

  const session::RevocationFeed& revocations_;
  grant::AccessTokens& tokens_;
  session::Sessions& sessions_;
};

}  // namespace gatehouse::oauth
