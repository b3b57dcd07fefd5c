#pragma once

#include "domain/grant/access_token.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// GET, POST /oauth2/userinfo — OpenID Connect Core 5.3, RFC 6750: the token in the Authorization header or, by POST, in
// the form.
class UserInfoEndpoint {
 public:
  UserInfoEndpoint(const session::RevocationFeed& revocations, grant::AccessTokens& tokens)
      : revocations_(revocations), tokens_(tokens) {}

  Task<http::Response> answer(project::Context& ctx, const http::Request& request);

 private:
  const session::RevocationFeed& revocations_;
  grant::AccessTokens& tokens_;
};

}  // namespace gatehouse::oauth
