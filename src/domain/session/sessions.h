#pragma once

#include <optional>
#include <string>

#include "domain/model/session.h"
#include "project/context.h"

namespace gatehouse::session {

// A session that was just opened: the cookie's value is known only now.
struct OpenedSession {
  Session session;
  std::string token;  // "<session id>.<32 base62>": value of the cookie "session"
};

class RevocationFeed;

// IdP sessions in PostgreSQL, with the core's cache under the process's lease (revocations.h).
class Sessions {
 public:
  explicit Sessions(RevocationFeed& revocations);
  ~Sessions();

  // A new session, part of `batch`, with its event's session model left to the caller.
  OpenedSession open(postgres::Batch& batch, const project::Context& ctx, const UserId& user, std::vector<std::string> amr);

  // The session of this cookie value, if it lives: not revoked, not expired, not idle too long, user not disabled. Writes
  // last_access at most every min(idle timeout / 10, 5 minutes), in batches.
  Task<std::optional<Session>> resolve(project::Context& ctx, std::string token);

  // Ends the session and the grants that depend on it.
  void revoke(postgres::Batch& batch, const project::Context& ctx, const SessionId& id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::session
