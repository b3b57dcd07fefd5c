#pragma once

#include "domain/grant/authorization_code.h"
#include "domain/grant/consent.h"
#include "domain/session/sessions.h"
#include "domain/sign_in/sign_in.h"
#include "endpoint/oauth/authorization_request.h"
#include "endpoint/page.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// /oauth2/authorize — RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1, RFC 7636, RFC 9207.
class AuthorizeEndpoint {
 public:
  AuthorizeEndpoint(const session::RevocationFeed& revocations, session::Sessions& sessions, sign_in::SignIns& sign_ins,
                    sign_in::FinishedSignIns& finished, grant::Consents& consents, const endpoint::PageRenderer& pages)
      : revocations_(revocations),
        sessions_(sessions),
        sign_ins_(sign_ins),
        finished_(finished),
        consents_(consents),
        pages_(pages) {}

  Task<http::Response> get(project::Context& ctx, const http::Request& request);
  Task<http::Response> post(project::Context& ctx, const http::Request& request);

 private:
  Task<http::Response> answer(project::Context& ctx, const http::Request& request, http::Fields parameters);
  Task<http::Response> decide(project::Context& ctx, const http::Request& request, AuthorizationRequest wanted);
  Task<http::Response> with_session(project::Context& ctx, const http::Request& request, AuthorizationRequest wanted,
                                    Session session);
  Task<http::Response> ask_consent(project::Context& ctx, const http::Request& request, AuthorizationRequest wanted,
                                   AuthenticationInfo authentication);
  Task<http::Response> begin_sign_in(project::Context& ctx, const http::Request& request, AuthorizationRequest wanted);

  const session::RevocationFeed& revocations_;
  session::Sessions& sessions_;
  sign_in::SignIns& sign_ins_;
  sign_in::FinishedSignIns& finished_;
  grant::Consents& consents_;
  const endpoint::PageRenderer& pages_;
};

}  // namespace gatehouse::oauth
