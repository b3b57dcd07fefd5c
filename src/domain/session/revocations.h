#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/ids.h"
#include "platform/base/time.h"
#include "platform/postgres/database.h"
#include "project/context.h"

namespace gatehouse::session {

// What a positive answer stands on: nothing of `ids` was revoked since. Made before the truth is read from PostgreSQL,
// or right after a service answered, before anything else is awaited; asked again (`RevocationFeed::holds`) just before
// the response is written.
struct Ticket {
  std::uint64_t generation = 0;  // of what is read without a gap
  std::uint64_t sequence = 0;    // of the last revocation that was known
  ProjectId app;
  std::vector<std::string> ids;
};

// What the feeds of one process tell each other, so that a revocation holds on all its cores at once. Shared by all
// cores.
class RevocationBoard {
 public:
  RevocationBoard();
  ~RevocationBoard();
  RevocationBoard(const RevocationBoard&) = delete;
  RevocationBoard& operator=(const RevocationBoard&) = delete;

  std::uint64_t version() const;  // changes with each `post`
  void post(std::vector<std::string> keys);
  // What was posted after `version`; nothing where that is too long ago to be known.
  std::optional<std::vector<std::string>> since(std::uint64_t version) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The process's lease on its caches: "revoked stays revoked" on every host. A positive answer needs a lease no older
// than 1 s; the lease is renewed by a synchronously committed write together with a read of all revocations of the last
// 2 × the longest transaction, counts from boot time read before sending, and is checked again just before a response
// is written (http::Response::last_check). One per core and database.
class RevocationFeed {
 public:
  // `process_id`: UUID of who holds the lease: one a core, so that cores do not wait for each other. `board`: one per
  // process. `boot`: what age is measured by.
  RevocationFeed(postgres::Database& database, std::string process_id, std::shared_ptr<RevocationBoard> board = {},
                 std::function<Micros()> boot = boot_time);
  ~RevocationFeed();
  RevocationFeed(const RevocationFeed&) = delete;
  RevocationFeed& operator=(const RevocationFeed&) = delete;

  // Renews about 3 times a second until `stop`, and until the renewal of that moment has ended: the database lives as
  // long. Without it every answer renews for itself where it has to.
  Task<void> run();
  void stop();

  bool fresh() const;  // the lease is younger than 1 s by boot time
  // Renews now unless the lease is fresh. Error ServiceUnavailable where that is not possible.
  Task<void> ensure_fresh(gatehouse::Context& ctx);

  // By ids of sessions, grants and users, and by hashes of access tokens.
  Ticket ticket(const ProjectId& app, std::vector<std::string> ids) const;
  // The lease is fresh, without a gap since the ticket was made, and nothing of it was revoked since. False: answer
  // 503.
  bool holds(const Ticket& ticket) const;

  // Tells all cores of this process what was just revoked, once that is committed; other processes learn it with their
  // next renewal.
  void announce(const ProjectId& app, const std::vector<std::string>& ids);

  Micros boot() const;
  postgres::Database& database() const;

  // Adds the revocation to the batch that makes it true.
  static void add(postgres::Batch& batch, const project::Context& ctx, std::string_view kind, std::string_view id);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the renewal that is under way
};

}  // namespace gatehouse::session
