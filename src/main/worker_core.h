#pragma once

#include <memory>

#include "main/deployment.h"

namespace gatehouse::main {

// The worker role: one thread of its own, with its own connections to the databases of every project. Ends when it
// goes.
class WorkerCore {
 public:
  explicit WorkerCore(Deployment& deployment);
  ~WorkerCore();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::main
