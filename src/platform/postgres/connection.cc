#include "platform/postgres/connection.h"

#include <algorithm>
#include <cctype>
#include <libpq-fe.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

namespace gatehouse::postgres {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});

std::string_view field(const pg_result* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

// DETAIL is left out, and what PostgreSQL says of a wrong value (class 22): both repeat values, which may be secrets.
StatementError error_of(const pg_result* result) {
  const std::string state(field(result, PG_DIAG_SQLSTATE));
  const std::string message = state.starts_with("22") ? fmt::format("a value has the wrong form ({})", state)
                                                      : std::string(field(result, PG_DIAG_MESSAGE_PRIMARY));
  return {state, std::string(field(result, PG_DIAG_CONSTRAINT_NAME)), message};
}

bool ends_connection(const pg_result* result) {
  const auto severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC" || severity.empty();
}

// "cached plan must not change result type", whatever the server's language; or a statement that was never prepared
// because its preparation stood behind a failure.
bool is_stale_plan(const pg_result* result) {
  return field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery" ||
         field(result, PG_DIAG_SQLSTATE) == "26000";
}

}  // namespace

Connection::Connection(asio::io_context& io, pg_conn* established, std::size_t host)
    : io_(io), connection_(established), host_(host), descriptor_(io.get_executor(), PQsocket(established)) {
  PQenterPipelineMode(connection_);
}

Connection::~Connection() { disconnect(); }

void Connection::start(std::function<void(Connection&)> on_change) {
  on_change_ = std::move(on_change);
  asio::co_spawn(io_.get_executor(), read_loop(shared_from_this()), asio::detached);
}

Task<void> Connection::read_loop(std::shared_ptr<Connection> self) {
  while (self->connection_ != nullptr) {
    const auto [error] = co_await self->descriptor_.async_wait(asio::posix::descriptor_base::wait_read, kAwait);
    if (error || self->connection_ == nullptr) {
      co_return;
    }
    self->receive();
  }
}

Task<void> Connection::write_loop(std::shared_ptr<Connection> self) {
  while (self->connection_ != nullptr && PQflush(self->connection_) == 1) {
    const auto [error] = co_await self->descriptor_.async_wait(asio::posix::descriptor_base::wait_write, kAwait);
    if (error) {
      break;
    }
  }
  self->writing_ = false;
  self->notice_end();
}

void Connection::receive() {
  const bool was_read_only = read_only();
  const bool open = PQconsumeInput(connection_) == 1;
  silence_ = Micros{0};
  while (connection_ != nullptr && !flights_.empty() && PQisBusy(connection_) == 0 && receive_result()) {
  }
  if (connection_ == nullptr) {
    return;
  }
  if (!open || dying_) {
    lost(dying_);
    return;
  }
  if (retired_ && flights_.empty()) {
    disconnect();
    tell_owner();
    return;
  }
  if (!was_read_only && read_only()) {
    tell_owner();
  }
}

// False when libpq has nothing more to give although something is awaited.
bool Connection::receive_result() {
  pg_result* result = PQgetResult(connection_);
  if (result == nullptr) {  // the end of one statement's results; the next one's follow at once
    if (PQisBusy(connection_) != 0) {
      return false;
    }
    result = PQgetResult(connection_);
  }
  if (result == nullptr) {
    return false;
  }
  take(result);
  return !dying_;
}

void Connection::take(pg_result* result) {
  Result owned(result);
  Flight& flight = flights_.front();
  switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
      finish_part();
      return;
    case PGRES_PIPELINE_ABORTED:
      return;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      if (!flight.preparing) {
        flight.segment->results.push_back(std::move(owned));
      }
      return;
    default:
      take_error(flight, result);
  }
}

void Connection::take_error(Flight& flight, const pg_result* result) {
  if (ends_connection(result)) {
    // Without a code it is libpq that speaks, and then nobody knows what the server did.
    dying_ = !field(result, PG_DIAG_SQLSTATE).empty();
    if (!dying_) {
      lost(false);
    }
    return;
  }
  Segment& segment = *flight.segment;
  if (!segment.error) {
    segment.error = error_of(result);
    segment.stale_plan = is_stale_plan(result);
  }
  if (flight.preparing) {
    std::ranges::for_each(flight.prepares, [&](const char* text) { prepared_.erase(text); });
  }
}

void Connection::finish_part() {
  if (std::exchange(flights_.front().preparing, false)) {
    return;
  }
  Flight flight = std::move(flights_.front());
  flights_.pop_front();
  writes_ -= flight.writes ? 1 : 0;
  if (flight.segment->stale_plan) {
    forget(flight.segment->statements);
  }
  flight.segment->ended.set(flight.segment->error ? Ending::refused : Ending::done);
}

void Connection::submit(std::shared_ptr<Segment> segment) {
  if (!usable()) {
    segment->ended.set(Ending::untouched);
    return;
  }
  if (flights_.empty()) {
    silence_ = Micros{0};
  }
  Flight flight{std::move(segment), {}, false, false};
  flight.writes = std::ranges::any_of(flight.segment->statements,
                                      [](const Statement& statement) { return !statement.sql.reads(); });
  writes_ += flight.writes ? 1 : 0;
  flights_.push_back(std::move(flight));
  if (send(flights_.back())) {
    flush();
    return;
  }
  // The connection is broken. What the server said before still stands; this segment's Sync never left.
  const auto failed = std::move(flights_.back().segment);
  flights_.pop_back();
  receive();
  if (open()) {
    lost(false);
  }
  failed->ended.set(Ending::untouched);
}

// Preparations have a Sync of their own, so that their failure is not the fate of others.
bool Connection::send_prepares(Flight& flight) {
  for (const auto& statement : flight.segment->statements) {
    const char* text = statement.sql.text();
    const auto [entry, fresh] = prepared_.try_emplace(text);
    if (!fresh) {
      continue;
    }
    entry->second = fmt::format("s{}", ++names_);
    flight.prepares.push_back(text);
    if (PQsendPrepare(connection_, entry->second.c_str(), text, 0, nullptr) == 0) {
      return false;
    }
  }
  flight.preparing = !flight.prepares.empty();
  return !flight.preparing || PQpipelineSync(connection_) == 1;
}

bool Connection::send(Flight& flight) {
  if (!send_prepares(flight)) {
    return false;
  }
  std::vector<const char*> values;
  for (const auto& statement : flight.segment->statements) {
    values.clear();
    for (const auto& value : statement.params.values()) {
      values.push_back(value ? value->c_str() : nullptr);
    }
    if (PQsendQueryPrepared(connection_, prepared_[statement.sql.text()].c_str(), static_cast<int>(values.size()),
                            values.data(), nullptr, nullptr, 0) == 0) {
      return false;
    }
  }
  PQpipelineSync(connection_);  // if it fails, it may be on its way all the same: the reader will see
  return true;
}

// A failed write is left to the reader: what the server said before it went is still to be read.
void Connection::flush() {
  if (!writing_ && PQflush(connection_) == 1) {
    writing_ = true;
    asio::co_spawn(io_.get_executor(), write_loop(shared_from_this()), asio::detached);
  }
  notice_end();
}

// When libpq finds the connection broken while it writes, it closes the socket, and the reader would never wake up.
void Connection::notice_end() {
  if (open() && PQstatus(connection_) == CONNECTION_BAD) {
    receive();
  }
}

void Connection::forget(const std::vector<Statement>& statements) {
  std::ranges::for_each(statements, [&](const Statement& statement) { prepared_.erase(statement.sql.text()); });
}

// The server answers in order and commits an implicit transaction at its Sync. So when it said that it ends the
// connection before it had answered all statements of a segment, that segment and all behind it did not happen.
void Connection::lost(bool server_said_so) {
  auto flights = std::exchange(flights_, {});
  writes_ = 0;
  disconnect();
  for (bool first = true; auto& [segment, prepares, preparing, writes] : flights) {
    const bool answered = !preparing && segment->results.size() == segment->statements.size();
    const bool may_have_happened = !server_said_so || (first && !preparing && (answered || segment->commits));
    first = false;
    if (segment->error) {
      segment->ended.set(Ending::refused);
    } else {
      segment->ended.set(may_have_happened ? Ending::unknown : Ending::untouched);
    }
  }
  tell_owner();
}

void Connection::tell_owner() {
  if (const auto tell = on_change_) {  // a copy: the owner may close us
    tell(*this);
  }
}

void Connection::close() {
  on_change_ = nullptr;
  if (connection_ != nullptr) {
    lost(false);
  }
}

void Connection::retire() {
  retired_ = true;
  if (flights_.empty()) {
    disconnect();
    tell_owner();
  }
}

void Connection::disconnect() {
  if (connection_ == nullptr) {
    return;
  }
  descriptor_.release();
  PQfinish(std::exchange(connection_, nullptr));
}

bool Connection::read_only() const {
  const auto is_on = [this](const char* name) {
    const char* value = connection_ == nullptr ? nullptr : PQparameterStatus(connection_, name);
    return value != nullptr && std::string_view{value} == "on";
  };
  return is_on("in_hot_standby") || is_on("default_transaction_read_only");
}

bool Connection::in_transaction() const {
  return connection_ != nullptr && PQtransactionStatus(connection_) != PQTRANS_IDLE;
}

}  // namespace gatehouse::postgres
