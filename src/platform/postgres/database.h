#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/context.h"
#include "platform/base/error.h"
#include "platform/base/task.h"
#include "platform/postgres/session.h"

namespace gatehouse::postgres {

struct DatabaseOptions {
  std::string url;  // postgres://…; several hosts are tried in turn
  std::string schema = "public";
  std::size_t shared_connections = 2;  // pipelined, for single statements
  std::size_t leased_connections = 8;  // for transactions
  std::size_t pipeline_depth = 128;    // per shared connection; beyond it 503
  Micros lease_wait = std::chrono::milliseconds{250};
  Micros connect_time = std::chrono::seconds{2};  // per host
  Micros statement_time = std::chrono::seconds{5};
  bool synchronous_commit = true;
};

struct DatabaseHealth {
  bool reachable = false;
  std::size_t leases_in_use = 0;
  std::size_t statements_waiting = 0;
};

// One core's connections to one PostgreSQL. Several hosts in the URL are tried in turn, the one that takes writes is
// used. Everything fails with Error ServiceUnavailable within a second while the server is away, and works again by
// itself.
class Database {
 public:
  Database(asio::io_context& io, DatabaseOptions options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One statement on a shared connection: one round trip, its own transaction. "SELECT … FROM …" is asked once more
  // when its answer was lost, so it calls no function that writes; every other statement is CommitUnknown then, as a
  // batch is.
  Task<Result> run(Context& ctx, Sql sql, Params params);

  // One round trip, one transaction, all or nothing. Retried on serialization failure and deadlock. The first error is
  // thrown as StatementError. A connection lost after sending is Error ServiceUnavailable with reason "CommitUnknown":
  // it may have happened (domain/consume makes such a retry safe).
  Task<std::vector<Result>> batch(Context& ctx, Batch batch);

  // Runs `body` in a transaction on a leased connection and commits. The body may run twice (serialization failure,
  // deadlock, connection lost before COMMIT), so it has no other effects. A COMMIT whose answer was lost is
  // Error ServiceUnavailable with reason "CommitUnknown": what the body wrote may be there or not.
  Task<void> transaction(Context& ctx, std::function<Task<void>(Transaction&)> body);

  DatabaseHealth health() const;

  // Calls `on_notify(channel, payload)` for each NOTIFY, `on_reconnect` after each (re)connection. Never returns but by
  // cancellation. Uses a connection of its own and pings it every 10 s.
  Task<void> listen(std::vector<std::string> channels, std::function<void(std::string, std::string)> on_notify,
                    std::function<void()> on_reconnect);

  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// A Session over a Database's shared connections, for one Context.
class SharedSession : public Session {
 public:
  SharedSession(Database& database, Context& ctx) : database_(database), ctx_(ctx) {}
  Task<Result> run(Sql sql, Params params) override { return database_.run(ctx_, sql, std::move(params)); }

 private:
  Database& database_;
  Context& ctx_;
};

}  // namespace gatehouse::postgres
