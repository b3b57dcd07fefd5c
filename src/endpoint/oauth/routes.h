#pragma once

#include <memory>

#include "domain/grant/consent.h"
#include "domain/grant/grants.h"
#include "domain/protection/rate_limiter.h"
#include "domain/session/sessions.h"
#include "domain/sign_in/sign_in.h"
#include "endpoint/page.h"
#include "platform/crypto/key_ring.h"
#include "platform/http/router.h"

namespace gatehouse::oauth {

struct Services {
  const session::RevocationFeed& revocations;
  session::Sessions& sessions;
  sign_in::SignIns& sign_ins;
  sign_in::FinishedSignIns& finished_sign_ins;
  grant::Grants& grants;
  grant::AccessTokens& access_tokens;
  grant::Consents& consents;
  protection::RateLimiter& limiter;
  const crypto::KeyRing& keys;
  const endpoint::PageRenderer& pages;
};

// /oauth2/* and /.well-known/*. The endpoints live as long as the router's handlers.
void add_routes(http::Router<project::Context>& router, const Services& services);

}  // namespace gatehouse::oauth
