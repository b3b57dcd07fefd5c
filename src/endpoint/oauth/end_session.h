#pragma once

#include "domain/session/sessions.h"
#include "endpoint/page.h"
#include "platform/crypto/key_ring.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// GET, POST /oauth2/end_session — OpenID Connect RP-Initiated Logout 1.0. Signs out at once where the application is
// known to speak for the person; otherwise asks on /logout. Leads back only to a URI that the hint's client registered.
class EndSessionEndpoint {
 public:
  EndSessionEndpoint(session::Sessions& sessions, const crypto::KeyRing& keys, const endpoint::PageRenderer& pages)
      : sessions_(sessions), keys_(keys), pages_(pages) {}

  Task<http::Response> get(project::Context& ctx, const http::Request& request);
  Task<http::Response> post(project::Context& ctx, const http::Request& request);

 private:
  Task<http::Response> answer(project::Context& ctx, const http::Request& request, http::Fields parameters);

  session::Sessions& sessions_;
  const crypto::KeyRing& keys_;
  const endpoint::PageRenderer& pages_;
};

}  // namespace gatehouse::oauth
