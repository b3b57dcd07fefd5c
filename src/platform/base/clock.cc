#include "platform/base/clock.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/core.h>

namespace gatehouse {

namespace {

constexpr Micros kBelievableJump = Seconds{30};

Micros read(clockid_t clock) {
  timespec ts{};
  clock_gettime(clock, &ts);
  return Seconds{ts.tv_sec} + std::chrono::duration_cast<Micros>(std::chrono::nanoseconds{ts.tv_nsec});
}

}  // namespace

Micros boot_time() { return read(CLOCK_BOOTTIME); }

TimePoint wall_clock() { return TimePoint{read(CLOCK_REALTIME)}; }

std::string rfc3339(TimePoint t) {
  const auto whole = std::chrono::floor<Seconds>(t);
  const std::time_t seconds = whole.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", utc, (t - whole).count());
}

DeploymentClock::DeploymentClock() {
  const auto offset = (wall_clock().time_since_epoch() - boot_time()).count();
  offset_ = offset;
  suspect_offset_ = offset;
}

TimePoint DeploymentClock::now() const {
  const auto reading = boot_time().count() + offset_.load(std::memory_order_relaxed);
  auto latest = latest_.load(std::memory_order_relaxed);
  while (reading > latest && !latest_.compare_exchange_weak(latest, reading, std::memory_order_relaxed)) {
  }
  return TimePoint{Micros{std::max(reading, latest)}};
}

void DeploymentClock::adjust(TimePoint database_time, Micros measured_at_boot_time) {
  const auto measured = (database_time.time_since_epoch() - measured_at_boot_time).count();
  const auto far_apart = [](std::int64_t a, std::int64_t b) { return std::abs(a - b) > kBelievableJump.count(); };
  if (far_apart(measured, offset_.load()) && far_apart(measured, suspect_offset_.load())) {
    suspect_offset_ = measured;
    steady_ = false;
    return;
  }
  // A confirmed jump back is followed; small corrections only hold the clock until the time has come.
  if (offset_.exchange(measured) - measured > kBelievableJump.count()) {
    latest_ = boot_time().count() + measured;
  }
  suspect_offset_ = measured;
  steady_ = true;
}

Micros DeploymentClock::wall_clock_skew() const {
  return wall_clock().time_since_epoch() - boot_time() - Micros{offset_.load()};
}

}  // namespace gatehouse
