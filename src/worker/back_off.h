#pragma once

#include <algorithm>
#include <utility>

#include "platform/base/time.h"

namespace gatehouse::worker {

// Trouble that lasts: told once, tried again after 1 s, 2 s, 4 s … 30 s.
class BackOff {
 public:
  // True: it worked until now.
  bool failed() {
    pause_ = std::clamp(2 * pause_, kFirst, kLongest);
    until_ = boot_time() + pause_;
    return !std::exchange(in_trouble_, true);
  }
  // True: it did not work until now.
  bool worked() {
    pause_ = until_ = {};
    return std::exchange(in_trouble_, false);
  }
  bool is_resting() const { return boot_time() < until_; }
  Micros pause() const { return pause_; }

 private:
  static constexpr Micros kFirst = std::chrono::seconds{1};
  static constexpr Micros kLongest = std::chrono::seconds{30};

  Micros pause_{};
  Micros until_{};
  bool in_trouble_ = false;
};

}  // namespace gatehouse::worker
