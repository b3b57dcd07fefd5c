#pragma once

#include <memory>

#include "main/deployment.h"

namespace gatehouse::main {

// The worker role: one thread of its own, with its own connections to the project's databases. Where a new version of
// the project names others, it goes over to them.
class WorkerCore {
 public:
  explicit WorkerCore(Deployment& deployment);
  ~WorkerCore();  // stops it, where that was not done yet, and waits for its end
  WorkerCore(const WorkerCore&) = delete;
  WorkerCore& operator=(const WorkerCore&) = delete;

  // From any thread: takes nothing new, finishes what is on its way, then ends, at the latest after the drain time.
  // Returns at once.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::main
