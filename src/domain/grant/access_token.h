#pragma once

#include <memory>
#include <optional>
#include <string>

#include "domain/grant/token_subject.h"
#include "domain/session/revocations.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::grant {

// RFC 9068, type "at+jwt", signed by the project's first key.
std::string sign_access_token(const project::Context& ctx, const crypto::KeyRing& keys,
                              const project::OAuthClient& client, const TokenSubject& subject, TimePoint expires_at);

// What a valid access token gives: whose, to whom, for what.
struct AccessGrant {
  GrantId grant;
  UserId user;
  ClientId client;
  std::vector<std::string> scopes;
  std::optional<SessionId> session;  // the IdP session that it began in
  bool sso_enabled = false;          // it ends with that session
  std::vector<std::string> amr;
  TimePoint authenticated_at;
  TimePoint grant_created_at;
  TimePoint grant_expires_at;
  TimePoint last_access_at;
  TimePoint expires_at;                        // of the token
  std::optional<TimePoint> user_active_until;  // the user may not sign in from then on; none: nothing is set
  // Of the session that it ends with.
  std::optional<TimePoint> session_expires_at;
  std::optional<TimePoint> session_created_at;
  std::optional<TimePoint> session_last_access_at;
  bool opaque = false;
  std::string denial;  // what it is denied by when it is revoked: `jti`, or hex SHA-256 of an opaque token
};

// Bearer tokens, with the core's cache under the process's lease.
class AccessTokens {
 public:
  // `cached`: how many tokens the core keeps at most.
  AccessTokens(session::RevocationFeed& revocations, const crypto::KeyRing& keys, std::size_t cached = 20'000);
  ~AccessTokens();

  // Nothing for a token that is unknown, expired or revoked, whose grant ended, or whose user may not sign in. One
  // round trip, none with a warm cache. Error ServiceUnavailable where nobody can tell now whether it was revoked.
  Task<std::optional<AccessGrant>> resolve(project::Context& ctx, std::string bearer);

  // What `resolve`'s answer stands on, for http::Response::last_check; made right after it.
  session::Ticket ticket(const project::Context& ctx, const AccessGrant& access) const;

  // Revokes this token alone; its grant goes on.
  void deny(postgres::Batch& batch, const project::Context& ctx, const AccessGrant& access);

  // The refresh of a grant is a use of the session that it ends with.
  void note_session_use(Executor executor, const project::Context& ctx, const SessionId& session);

  // Writes the last uses that wait to be written: at the end of the process.
  Task<void> flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::grant
