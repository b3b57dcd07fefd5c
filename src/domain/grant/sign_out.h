#pragma once

#include "domain/session/sessions.h"
#include "project/context.h"

namespace gatehouse::grant {

// Ends the IdP session with the grants that depend on it, with the event user.signed_out that names them all, once
// however many ask for it. One read and one commit; nothing happens for a session that ended before.
Task<void> sign_out(project::Context& ctx, session::RevocationFeed& feed, SessionId session);

// Ends one grant, with the event user.signed_out; by single sign-on also the session that it is bound to, with all
// others that are.
Task<void> sign_out_grant(project::Context& ctx, session::RevocationFeed& feed, GrantId grant);

// The IdP session that a living grant ends with (single sign-on); nothing for any other grant.
Task<std::optional<SessionId>> session_of_grant(project::Context& ctx, GrantId grant);

// Whether the grant, living or ended, was made in this session.
Task<bool> began_in(project::Context& ctx, GrantId grant, SessionId session);

}  // namespace gatehouse::grant
