#pragma once

#include <memory>
#include <string>

#include "platform/postgres/database.h"
#include "project/context.h"

namespace gatehouse::session {

// When sessions and grants were last used, written at most every min(idle timeout / 10, 5 minutes) and in batches,
// within a second of the use.
class LastAccess {
 public:
  enum class Kind { session, grant };

  explicit LastAccess(postgres::Database& database);
  ~LastAccess();
  LastAccess(const LastAccess&) = delete;
  LastAccess& operator=(const LastAccess&) = delete;

  // How old a stored time may be before the next use is written.
  static Micros interval(bool idle_timeout_enabled, Micros idle_timeout);

  void note(Executor executor, const project::Context& ctx, Kind kind, const std::string& id);
  // Writes what waits now.
  Task<void> flush();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::session
