#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "platform/base/one_shot.h"
#include "platform/base/task.h"
#include "platform/base/time.h"
#include "platform/postgres/session.h"

struct pg_conn;

namespace gatehouse::postgres {

// How a segment ended.
enum class Ending {
  done,       // `results` has one for each statement
  refused,    // the server said no to `error`; nothing of an implicit transaction happened
  untouched,  // the connection is gone and the server did not run it, or took it back
  unknown,    // the connection is gone and nobody knows
};

// Statements that end with one Sync. Outside BEGIN … COMMIT they are one transaction.
struct Segment {
  std::vector<Statement> statements;
  bool commits = false;  // holds COMMIT, which takes effect before it is answered

  std::vector<Result> results;
  std::optional<StatementError> error;  // the first one
  bool stale_plan = false;              // `error` goes away when the statements are prepared anew
  OneShot<Ending> ended;
};

// One connection in pipeline mode. Segments are sent at once and answered in order. Statements are prepared on first
// use.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Takes `established` over: connected, non-blocking. `host` is its place in the database URL.
  Connection(asio::io_context& io, pg_conn* established, std::size_t host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to read. `on_change` is called when the connection is gone or its server became read-only.
  void start(std::function<void(Connection&)> on_change);

  // After close(), segments end as `untouched`.
  void submit(std::shared_ptr<Segment> segment);

  // What is in flight ends as `unknown`. Does not call `on_change`.
  void close();
  // Takes nothing new; closes when what is in flight is answered.
  void retire();

  bool open() const { return connection_ != nullptr; }
  bool usable() const { return open() && !retired_; }
  std::size_t host() const { return host_; }
  bool read_only() const;
  bool in_transaction() const;
  std::size_t in_flight() const { return flights_.size(); }
  std::size_t writes_in_flight() const { return writes_; }

  // For how long the oldest segment has waited without a sign of life. `tick` is called regularly with the time that
  // passed, as far as this process was running: a server is not blamed for our own pause.
  Micros silence() const { return flights_.empty() ? Micros{0} : silence_; }
  void tick(Micros passed) { silence_ += passed; }

 private:
  struct Flight {
    std::shared_ptr<Segment> segment;
    std::vector<const char*> prepares;
    bool preparing = false;
    bool writes = false;
  };

  static Task<void> read_loop(std::shared_ptr<Connection> self);
  static Task<void> write_loop(std::shared_ptr<Connection> self);
  void receive();
  bool receive_result();
  void take(pg_result* result);
  void take_error(Flight& flight, const pg_result* result);
  void finish_part();
  bool send(Flight& flight);
  bool send_prepares(Flight& flight);
  void flush();
  void notice_end();
  void forget(const std::vector<Statement>& statements);
  void lost(bool server_said_so);
  void tell_owner();
  void disconnect();

  asio::io_context& io_;
  pg_conn* connection_;
  std::size_t host_;
  asio::posix::basic_stream_descriptor<Executor> descriptor_;
  std::function<void(Connection&)> on_change_;
  std::deque<Flight> flights_;
  std::unordered_map<const char*, std::string> prepared_;  // by the address of the SQL text
  std::uint64_t names_ = 0;
  std::size_t writes_ = 0;
  Micros silence_{0};
  bool writing_ = false;
  bool retired_ = false;
  bool dying_ = false;  // the server said that it ends this connection
};

}  // namespace gatehouse::postgres
