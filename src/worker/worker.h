#pragma once

#include <memory>

#include "worker/outbox.h"

namespace gatehouse::worker {

struct WorkerOptions {
  OutboxOptions outbox;
  Micros first_upkeep = std::chrono::seconds{5};  // after the start
  Micros upkeep = std::chrono::hours{1};          // how often partitions are made and old rows are removed
  std::chrono::days audit_retention{180};         // 0: for ever
};

// The worker role for one database and its audit database: the outbox, and the upkeep of the tables. Runs on one core.
class Worker {
 public:
  explicit Worker(Parts parts, WorkerOptions options = {});
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Until `stop`, and until what is on its way then has ended.
  Task<void> run();
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::worker
