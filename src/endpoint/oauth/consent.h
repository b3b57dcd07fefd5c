#pragma once

#include "domain/grant/authorization_code.h"
#include "domain/grant/consent.h"
#include "domain/sign_in/sign_in.h"
#include "endpoint/page.h"
#include "platform/http/message.h"

namespace gatehouse::oauth {

// /oauth2/consent?code=… — where a finished sign-in becomes an authorization code, after the person allowed it where
// the client is somebody else's. Only the browser that began the sign-in gets through.
class ConsentEndpoint {
 public:
  ConsentEndpoint(sign_in::SignIns& sign_ins, sign_in::FinishedSignIns& finished, grant::Consents& consents,
                  const endpoint::PageRenderer& pages)
      : sign_ins_(sign_ins), finished_(finished), consents_(consents), pages_(pages) {}

  Task<http::Response> get(project::Context& ctx, const http::Request& request);
  Task<http::Response> post(project::Context& ctx, const http::Request& request);

 private:
  Task<http::Response> issue(project::Context& ctx, const http::Request& request,
                             sign_in::FinishedSignIns::Found found);
  Task<std::optional<sign_in::FinishedSignIns::Found>> find(project::Context& ctx, const http::Request& request);
  Task<http::Response> ask(project::Context& ctx, const http::Request& request, const sign_in::SignIn& sign_in,
                           const grant::CodeGrant& given);
  http::Response outdated(project::Context& ctx, const http::Request& request) const;
  http::Response done_before(project::Context& ctx, const http::Request& request, const sign_in::SignIn& sign_in) const;

  sign_in::SignIns& sign_ins_;
  sign_in::FinishedSignIns& finished_;
  grant::Consents& consents_;
  const endpoint::PageRenderer& pages_;
};

}  // namespace gatehouse::oauth
