#include "platform/postgres/transaction.h"

#include <algorithm>

namespace gatehouse::postgres {

namespace {

constexpr Sql kBegin = "BEGIN";
constexpr Sql kCommit = "COMMIT";
constexpr Sql kRollback = "ROLLBACK";

}  // namespace

Error commit_unknown() {
  return std::move(Error(ErrorKind::service_unavailable, "CommitUnknown",
                         "the database went away before it said whether the change was made")
                       .with_retry_after(1));
}

bool may_be_retried(const StatementError& error) { return error.sqlstate() == "40001" || error.sqlstate() == "40P01"; }

// A text of PostgreSQL has no NUL; libpq would cut it off there.
void refuse_nul(const Params& params) {
  const auto has_nul = [](const auto& value) { return value && value->find('\0') != std::string::npos; };
  if (std::ranges::any_of(params.values(), has_nul)) {
    throw StatementError("22021", "", "a value has the wrong form (22021)");
  }
}

Task<Result> LeasedTransaction::run(Sql sql, Params params) {
  refuse_nul(params);
  if (error_) {
    throw *error_;
  }
  if (lost_) {
    throw unavailable("the database connection was lost");
  }
  auto segment = std::make_shared<Segment>();
  if (!std::exchange(begun_, true)) {
    segment->statements.push_back({kBegin, {}});
  }
  segment->statements.push_back({sql, std::move(params)});
  ++ctx_.postgres_round_trips;
  connection_->submit(segment);
  const Ending ending = co_await segment->ended.wait();
  if (ending != Ending::done) {
    fail(*segment, ending);
  }
  co_return std::move(segment->results.back());
}

void LeasedTransaction::fail(const Segment& segment, Ending ending) {
  if (ending == Ending::refused) {
    error_ = segment.error;
    stale_plan_ = segment.stale_plan;
    throw *error_;
  }
  lost_ = true;
  if (segment.commits && ending == Ending::unknown) {
    unknown_ = true;
    throw commit_unknown();
  }
  throw unavailable("the database connection was lost");
}

// The body may have swallowed an error; what it wrote is gone then, and it must hear so.
Task<void> LeasedTransaction::commit() {
  if (error_) {
    throw *error_;
  }
  if (!begun_ && !lost_) {
    co_return;
  }
  auto segment = std::make_shared<Segment>();
  segment->commits = true;
  segment->statements.push_back({kCommit, {}});
  ++ctx_.postgres_round_trips;
  connection_->submit(segment);
  const Ending ending = co_await segment->ended.wait();
  if (ending != Ending::done) {
    fail(*segment, ending);
  }
  begun_ = false;
}

Task<void> LeasedTransaction::roll_back() {
  if (!connection_->in_transaction()) {
    co_return;
  }
  auto segment = std::make_shared<Segment>();
  segment->statements.push_back({kRollback, {}});
  connection_->submit(segment);
  co_await segment->ended.wait();
}

bool LeasedTransaction::may_run_again() const {
  if (error_) {
    return may_be_retried(*error_) || stale_plan_ || demoted();
  }
  return lost_ && !unknown_;
}

}  // namespace gatehouse::postgres
