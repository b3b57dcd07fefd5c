#pragma once

#include <map>
#include <memory>
#include <string>

namespace gatehouse::telemetry {

using Labels = std::map<std::string, std::string>;

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

  std::string expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::telemetry
