#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/session.h"
#include "domain/session/revocations.h"
#include "project/context.h"

namespace gatehouse::session {

// A session that was just opened: the cookie's value is known only now.
struct OpenedSession {
  Session session;
  std::string token;  // "<session id>.<32 base62>": value of the cookie "session"
};

// What a session must be within to live, by the project's settings: opened after, and used after (none: no idle
// timeout).
struct LivingBounds {
  TimePoint opened_since;
  std::optional<TimePoint> used_since;
};
LivingBounds living_bounds(const project::Context& ctx);

// IdP sessions in PostgreSQL, with the core's cache under the process's lease (revocations.h).
class Sessions {
 public:
  // `cached`: how many sessions the core keeps at most.
  explicit Sessions(RevocationFeed& revocations, std::size_t cached = 20'000);
  ~Sessions();

  // A new session, part of `batch`, with its event's session model left to the caller.
  OpenedSession open(postgres::Batch& batch, const project::Context& ctx, const UserId& user,
                     std::vector<std::string> amr);

  // The session of this cookie value, if it lives: not revoked, not expired, not idle too long, its user allowed to
  // sign in; a cached answer carries all these ends in time and is judged by the clock at each use.
  // Writes last_access at most every min(idle timeout / 10, 5 minutes), in batches. Error ServiceUnavailable where
  // nobody can tell now whether it was revoked.
  Task<std::optional<Session>> resolve(project::Context& ctx, std::string token);

  // What `resolve`'s answer stands on, for http::Response::last_check; made right after it.
  Ticket ticket(const project::Context& ctx, const Session& session) const;

  // Ends the session and the grants that depend on it: those bound to it by single sign-on, and those that were not
  // given offline_access (OpenID Connect Back-Channel Logout 2.7). Once the batch is committed, `feed().announce` makes
  // it hold on this process at once.
  static void revoke(postgres::Batch& batch, const project::Context& ctx, const SessionId& id);

  RevocationFeed& feed() const;

  // Writes the last uses that wait to be written: at the end of the process. Otherwise it happens within a second.
  Task<void> flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::session
