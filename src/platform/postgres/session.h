#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/context.h"
#include "platform/base/task.h"
#include "platform/postgres/result.h"

namespace gatehouse::postgres {

// The server refused a statement. Anything else that goes wrong (no server, no lease, no time) is Error
// ServiceUnavailable.
class StatementError : public std::runtime_error {
 public:
  StatementError(std::string sqlstate, std::string constraint, const std::string& message)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)), constraint_(std::move(constraint)) {}

  const std::string& sqlstate() const { return sqlstate_; }         // "23505"
  const std::string& constraint() const { return constraint_; }     // name, where the server gives it
  bool requirement_failed() const { return sqlstate_ == "GH001"; }  // by _gatehouse_require
  bool unique_violation() const { return sqlstate_ == "23505"; }
  bool unique_violation(std::string_view constraint) const { return unique_violation() && constraint_ == constraint; }

 private:
  std::string sqlstate_;
  std::string constraint_;
};

struct Statement {
  Sql sql;
  Params params;
};

// Writes that are known beforehand and happen together: sent as one segment, which PostgreSQL runs as one transaction.
// What must hold is written as SQL that fails (a unique key, _gatehouse_require), so that nothing of it happens
// otherwise. This is how the house writes; an interactive transaction is for the rare case that cannot be said so.
class Batch {
 public:
  template <class... Args>
  Batch& add(Sql sql, const Args&... args) {
    statements_.push_back({sql, Params(args...)});
    return *this;
  }
  Batch& append(const Batch& other) {
    statements_.insert(statements_.end(), other.statements_.begin(), other.statements_.end());
    return *this;
  }
  bool empty() const { return statements_.empty(); }
  const std::vector<Statement>& statements() const { return statements_; }

 private:
  std::vector<Statement> statements_;
};

// Where statements run: a core's shared pipelined connections, or one transaction. Every call is one round trip.
class Session {
 public:
  virtual ~Session() = default;

  virtual Task<Result> run(Sql sql, Params params) = 0;

  template <class T, class... Args>
  Task<std::optional<T>> optional(Sql sql, const Args&... args) {
    return optional_row<T>(sql, Params(args...));
  }
  // For statements that always give a row.
  template <class T, class... Args>
  Task<T> one(Sql sql, const Args&... args) {
    return one_row<T>(sql, Params(args...));
  }
  template <class T, class... Args>
  Task<std::vector<T>> all(Sql sql, const Args&... args) {
    return all_rows<T>(sql, Params(args...));
  }
  // Returns the number of rows affected.
  template <class... Args>
  Task<std::int64_t> execute(Sql sql, const Args&... args) {
    return affected(sql, Params(args...));
  }

 private:
  template <class T>
  Task<std::optional<T>> optional_row(Sql sql, Params params) {
    const Result result = co_await run(sql, std::move(params));
    if (result.rows() == 0) {
      co_return std::nullopt;
    }
    co_return result.as<T>(0);
  }
  template <class T>
  Task<T> one_row(Sql sql, Params params) {
    const Result result = co_await run(sql, std::move(params));
    if (result.rows() != 1) {
      throw std::logic_error(std::string("expected one row from: ") + sql.text());
    }
    co_return result.as<T>(0);
  }
  template <class T>
  Task<std::vector<T>> all_rows(Sql sql, Params params) {
    const Result result = co_await run(sql, std::move(params));
    std::vector<T> rows;
    rows.reserve(result.rows());
    for (std::size_t i = 0; i < result.rows(); ++i) {
      rows.push_back(result.as<T>(i));
    }
    co_return rows;
  }
  Task<std::int64_t> affected(Sql sql, Params params) {
    const Result result = co_await run(sql, std::move(params));
    co_return result.affected();
  }
};

// A session inside BEGIN … COMMIT on a leased connection.
class Transaction : public Session {};

}  // namespace gatehouse::postgres
