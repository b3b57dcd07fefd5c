#pragma once

#include <memory>
#include <string>

#include "platform/postgres/database.h"
#include "project/context.h"

namespace gatehouse::session {

// The process's lease on its caches: "revoked stays revoked" on every host. A positive cached answer needs a lease no older
// than 1 s; the lease is renewed by a synchronously committed write together with a read of all revocations of the last
// 2 × the longest transaction, counts from boot time read before sending, and is checked again just before a response is
// written (http::Response::last_check).
class RevocationFeed {
 public:
  RevocationFeed(postgres::Database& database, std::string process_id);
  ~RevocationFeed();

  // Renews for ever, about 3 times a second; one per core and database.
  Task<void> run();

  bool fresh() const;  // the lease is younger than 1 s by boot time

  // Known revocations, by id of a session, grant or user, or by `jti`.
  bool revoked(const ProjectId& app, std::string_view id) const;

  // Adds the revocation to the batch that makes it true.
  static void add(postgres::Batch& batch, const project::Context& ctx, std::string_view kind, std::string_view id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::session
