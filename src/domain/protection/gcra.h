#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/base/time.h"
#include "platform/redis/client.h"

// The generic cell rate algorithm: one number a window, the theoretical arrival time (TAT) in microseconds. A take of
// weight w moves it on by w × period / burst; it fits while the TAT stays within one period of now.
namespace gatehouse::protection {

struct Take {
  std::string key;
  Micros period{};
  std::int64_t burst = 0;
  double weight = 1;
};

struct Refusal {
  std::size_t index = 0;  // of the first window that is full
  Micros wait{};          // until the same take fits
};

// The windows of one process, for while Redis is away; all its cores take from them. Bounded: the windows that end
// first make room.
class LocalWindows {
 public:
  explicit LocalWindows(std::size_t most = 100'000) : most_(most) {}

  // Takes from all, or from none.
  std::optional<Refusal> take(const std::vector<Take>& takes, TimePoint now);
  void give_back(const std::vector<Take>& takes, TimePoint now);
  std::size_t size() const;

 private:
  void make_room(double now);

  std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, double> arrival_;
};

// The same in Redis, in one call: KEYS are windows; ARGV are now, then period, burst and weight of each. Gives {} when
// all fit, {index, microseconds to wait} of the first that does not.
redis::Script take_script();
// Moves the arrival times back; the same arguments.
redis::Script give_back_script();

std::vector<std::string> script_keys(const std::vector<Take>& takes);
std::vector<std::string> script_arguments(const std::vector<Take>& takes, TimePoint now);

}  // namespace gatehouse::protection
