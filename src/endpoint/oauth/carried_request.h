#pragma once

#include "domain/grant/authorization_code.h"
#include "domain/sign_in/sign_in.h"
#include "endpoint/oauth/authorization_request.h"

namespace gatehouse::oauth {

// The sign-in that an authorization request asks for; it carries what the code will be made from.
sign_in::SignIn carry(const AuthorizationRequest& wanted);

// What the code of a finished sign-in gives.
grant::CodeGrant code_grant(const sign_in::SignIn& sign_in, const AuthenticationInfo& authentication);

// Whether another person signed in than the request's id_token_hint names.
bool is_somebody_else(const sign_in::SignIn& sign_in, const UserId& user);

// The first page of the sign-in: the contract's single-page way, with its query.
std::string entry_point(const project::Project& project, const sign_in::SignIn& sign_in);

// Where its answer goes. `client` is null where the configuration no longer has the client.
RedirectTarget redirect_target(const project::Project& project, const sign_in::SignIn& sign_in);

}  // namespace gatehouse::oauth
