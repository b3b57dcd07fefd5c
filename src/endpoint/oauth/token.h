#pragma once

#include "domain/grant/grants.h"
#include "domain/protection/rate_limiter.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// POST /oauth2/token — RFC 6749 4.1.3, 5, 6; OpenID Connect Core 3.1.3, 12.
class TokenEndpoint {
 public:
  TokenEndpoint(const session::RevocationFeed& revocations, grant::Grants& grants, protection::RateLimiter& limiter)
      : revocations_(revocations), grants_(grants), limiter_(limiter) {}

  Task<http::Response> post(project::Context& ctx, const http::Request& request);

 private:
  Task<grant::IssuedTokens> issue(project::Context& ctx, const project::OAuthClient& client, std::string grant_type,
                                  http::Fields form);

  const session::RevocationFeed& revocations_;
  grant::Grants& grants_;
  protection::RateLimiter& limiter_;
};

// POST /oauth2/revoke — RFC 7009. Answers 200 also for unknown tokens (2.2).
class RevocationEndpoint {
 public:
  RevocationEndpoint(grant::Grants& grants, protection::RateLimiter& limiter) : grants_(grants), limiter_(limiter) {}

  Task<http::Response> post(project::Context& ctx, const http::Request& request);

 private:
  grant::Grants& grants_;
  protection::RateLimiter& limiter_;
};

}  // namespace gatehouse::oauth
