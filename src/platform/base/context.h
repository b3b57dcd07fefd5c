#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "platform/base/time.h"

namespace gatehouse {

// What one request (or one piece of a worker's work) carries through the house. Lives as long as that work; passed by
// reference. `project::Context` adds the tenant.
class Context {
 public:
  std::string request_id;
  std::string client_ip;   // as seen through trusted proxies; empty in workers
  std::string user_agent;  // at most 1,024 characters; empty in workers
  Micros deadline{};       // boot time; work that would end later is refused with 503
  // Set when nobody waits for the answer: the connection was reset, or the client closed its side of it; null in
  // workers.
  std::shared_ptr<const std::atomic<bool>> client_left;
  std::uint64_t postgres_round_trips = 0;  // made so far; tests count what a hot path costs

  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() = default;

  // While a PostgreSQL connection is leased nothing else may be waited for: no hashing, no HTTP, no Redis, no second
  // lease. Each of those calls `assert_no_lease("hashing")` first, which ends the process with a clear message (a bug,
  // not an error).
  void lease_begins();
  void lease_ends();
  bool holds_lease() const { return lease_; }
  void assert_no_lease(const char* what) const;

  Micros time_left() const { return deadline - boot_time(); }

 private:
  bool lease_ = false;
};

}  // namespace gatehouse
