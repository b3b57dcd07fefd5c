#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

namespace gatehouse::telemetry {

using Labels = std::map<std::string, std::string>;

// Durations that a core has gathered, to be observed together.
struct DurationBuckets {
  static constexpr std::array<double, 14> kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                  0.1,    0.25,  0.5,    1,     2.5,  5,     10};

  static std::size_t bucket_of(double seconds);
  void add(double seconds) {
    ++counts[bucket_of(seconds)];
    sum += seconds;
  }

  std::array<double, kBounds.size() + 1> counts{};
  double sum = 0;
};

// The process's metrics, in Prometheus' text format. Names start with "gatehouse_". Label values come from fixed sets,
// never from input; more than 1,000 series of one name are refused.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count(const std::string& name, const Labels& labels = {}, double by = 1);
  void gauge(const std::string& name, double value, const Labels& labels = {});
  void observe(const std::string& name, double seconds, const Labels& labels = {});  // histogram of durations
  void observe(const std::string& name, const DurationBuckets& durations, const Labels& labels = {});

  std::string expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::telemetry
