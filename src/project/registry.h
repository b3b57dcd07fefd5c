#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "project/load.h"

namespace gatehouse::project {

// All projects of the process, found by host. Thread-safe; each core asks it and gets a shared immutable snapshot.
class Registry {
 public:
  virtual ~Registry() = default;

  // Null for an unknown host (with or without a port).
  virtual Handle find_by_host(std::string_view host) = 0;
  virtual Handle find_by_id(const ProjectId& id) = 0;
  // Grows whenever the answers may be others than before; without a lock, for whoever keeps one.
  virtual std::uint64_t version() const = 0;
};

// CONFIG_SOURCE_TYPE=local_fs: one project in a folder, found by the host of its public origin, read again when its
// files change. A bad new version leaves the last good one serving and says so (log, metric, /readyz body).
class FolderRegistry : public Registry {
 public:
  // Throws std::runtime_error that says why this process does not serve the project, whose files are right in
  // themselves.
  using Acceptance = std::function<void(const Project&)>;

  // Throws InvalidProject when the first version is bad, and what `accept` throws. Each later version is asked for too.
  explicit FolderRegistry(std::string folder, Acceptance accept = {});
  ~FolderRegistry() override;

  Handle find_by_host(std::string_view host) override;
  Handle find_by_id(const ProjectId& id) override;
  std::uint64_t version() const override;

  Handle current() const;  // what serves now

  // Looks at the folder once; true if a new version serves now. Called by a timer; blocking, so from the CPU pool.
  bool refresh();
  // What is wrong with the newest version of the files, if it does not serve.
  std::string problem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::project
