#pragma once

#include <atomic>

#include "platform/base/time.h"

namespace gatehouse {

// The production clock. Shared by all cores; `adjust` is called with each measurement.
class DeploymentClock : public Clock {
 public:
  DeploymentClock();

  // Goes backwards only with a confirmed jump of the measured offset (adjust).
  TimePoint now() const override;

  // One measurement of the database's time, taken half-way between sending and receiving. A jump of more than 30 s
  // counts only once two measurements agree; until then `steady()` is false and readiness fails.
  void adjust(TimePoint database_time, Micros measured_at_boot_time);

  bool steady() const { return steady_.load(std::memory_order_relaxed); }
  // How far this host's wall clock is from the deployment's time.
  Micros wall_clock_skew() const;

 private:
  std::atomic<std::int64_t> offset_;          // microseconds to add to boot time
  std::atomic<std::int64_t> suspect_offset_;  // a jump that waits for its confirmation
  std::atomic<bool> steady_{true};
  mutable std::atomic<std::int64_t> latest_{0};
};

// A clock that stands until a test moves it.
class FakeClock : public Clock {
 public:
  explicit FakeClock(TimePoint start = from_unix_seconds(1'800'000'000)) : now_(start) {}
  TimePoint now() const override { return now_; }
  void advance(Micros by) { now_ += by; }

 private:
  TimePoint now_;
};

}  // namespace gatehouse
