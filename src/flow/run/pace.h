#pragma once

#include <chrono>

#include "platform/base/task.h"

namespace gatehouse::flow {

// Answers at times that tell little of the work behind them. What a mark begins ends on the next line of a coarse grid.
// As long as the work stays below one grid line, small differences of it vanish. Under load it does not stay below:
// then a difference shows in how often the next line is missed, that is on average in full, among the noise of the
// load. For what takes long, equal work comes between two marks.
class Pace {
 public:
  static constexpr std::chrono::milliseconds kGrid{10};

  explicit Pace(bool kept) : kept_(kept) {}

  void mark() { since_ = std::chrono::steady_clock::now(); }
  // Until the time since the mark is a whole number of grid lines; at once where the pace is not kept.
  Task<void> hold();

 private:
  bool kept_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace gatehouse::flow
