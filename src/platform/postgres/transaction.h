#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "platform/base/error.h"
#include "platform/postgres/connection.h"
#include "platform/postgres/session.h"

namespace gatehouse::postgres {

// BEGIN … COMMIT on one connection. BEGIN travels with the first statement. After a failure nothing more is sent but
// ROLLBACK: every later statement fails with the first error.
class LeasedTransaction : public Transaction {
 public:
  LeasedTransaction(Context& ctx, std::shared_ptr<Connection> connection)
      : ctx_(ctx), connection_(std::move(connection)) {}

  Task<Result> run(Sql sql, Params params) override;

  // Throws what COMMIT met; CommitUnknown when its answer was lost.
  Task<void> commit();
  // Nothing if there is no open transaction.
  Task<void> roll_back();

  // After a failure: true if the whole body may be run a second time.
  bool may_run_again() const;
  bool demoted() const { return error_ && error_->sqlstate() == "25006"; }
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  [[noreturn]] void fail(const Segment& segment, Ending ending);

  Context& ctx_;
  std::shared_ptr<Connection> connection_;
  bool begun_ = false;
  bool lost_ = false;
  bool unknown_ = false;  // whether it was committed
  bool stale_plan_ = false;
  std::optional<StatementError> error_;
};

Error commit_unknown();
bool may_be_retried(const StatementError& error);  // serialization failure, deadlock
void refuse_nul(const Params& params);

}  // namespace gatehouse::postgres
