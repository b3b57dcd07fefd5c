#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse {

using Micros = std::chrono::microseconds;
using Seconds = std::chrono::seconds;
using TimePoint = std::chrono::sys_time<Micros>;  // UTC

inline std::int64_t unix_seconds(TimePoint t) { return std::chrono::floor<Seconds>(t.time_since_epoch()).count(); }

inline TimePoint from_unix_seconds(std::int64_t s) { return TimePoint{Seconds{s}}; }

// RFC 3339 in UTC with microseconds and "Z".
std::string rfc3339(TimePoint t);

// The time of the deployment. Lifetimes, `iat` and `exp` come from here and from nowhere else: CLOCK_BOOTTIME (which
// goes on while the machine sleeps and never steps) plus the offset to the deployment's PostgreSQL, set by whoever
// measures it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

// CLOCK_BOOTTIME itself, for measuring age: it counts while the process is stopped.
Micros boot_time();

// The operating system's wall clock: only for logs and for the first offset.
TimePoint wall_clock();

}  // namespace gatehouse
