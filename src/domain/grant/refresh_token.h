#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/grant/refresh_secret.h"
#include "domain/grant/token_subject.h"
#include "domain/session/revocations.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::grant {

// What one use of a refresh token gave.
struct RefreshUse {
  TokenSubject subject;
  std::optional<SessionId> session;       // that the grant ends with, where its use is due to be noted
  std::optional<std::string> successor;   // the refresh token to use from now on, where it is another one
  std::optional<session::Ticket> ticket;  // what the answer stands on, where nothing was written that proves it
};

// The one statement behind the refresh grant: locks the family, judges the secret, rotates, stores the opaque access
// token. Under rotation the previous token gives the same successor for 30 s or until the successor was used; after
// that its use revokes the family. Only what we made counts as reuse: a guess revokes nothing.
class RefreshTokens {
 public:
  RefreshTokens(session::RevocationFeed& revocations, const crypto::KeyRing& keys) : feed_(revocations), keys_(keys) {}

  struct Request {
    RefreshTokenText token;
    std::optional<std::string> opaque_token;  // to be stored with it
    TimePoint token_expires_at;
    std::optional<boost::json::object> device_info;  // kept with the grant
    std::optional<std::vector<std::string>> scopes;  // a subset of what was granted (RFC 6749 6); none: all of it
  };
  // Throws OAuthError invalid_grant, invalid_scope. One round trip; the same again after a lost answer.
  Task<RefreshUse> use(project::Context& ctx, const project::OAuthClient& client, Request request);

 private:
  session::RevocationFeed& feed_;
  const crypto::KeyRing& keys_;
};

}  // namespace gatehouse::grant
