#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <sys/resource.h>
#include <thread>
#include <vector>

// What the limit programs share: they run until their time is over and print one line of JSON.
namespace gatehouse::bench {

inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  void print(std::uint64_t operations) const {
    std::printf("{\"operations\":%llu,\"seconds\":%.4f,\"cpu_seconds\":%.4f}\n",
                static_cast<unsigned long long>(operations), seconds(), cpu_seconds() - cpu_begin_);
    std::fflush(stdout);
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double cpu_begin_ = cpu_seconds();
};

// Repeats `operation` on so many threads for so long.
inline void measure(int threads, double seconds, const std::function<void()>& operation) {
  operation();  // what is made once
  std::atomic<std::uint64_t> operations = 0;
  const Stopwatch watch;
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      while (watch.seconds() < seconds) {
        operation();
        ++operations;
      }
    });
  }
  running.clear();
  watch.print(operations);
}

}  // namespace gatehouse::bench
