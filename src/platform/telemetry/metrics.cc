#include "platform/telemetry/metrics.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace gatehouse::telemetry {

namespace {

constexpr std::size_t kMostSeries = 1'000;
constexpr const char* kRefused = "gatehouse_metrics_refused_total";

}  // namespace

std::size_t DurationBuckets::bucket_of(double seconds) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kBounds, seconds) - kBounds.begin());
}

struct Metrics::Impl {
  template <class T>
  struct Series {
    prometheus::Family<T>* family = nullptr;
    std::map<Labels, T*> by_labels;
  };
  template <class T>
  using Table = std::unordered_map<std::string, Series<T>>;

  // Null where the name has too many series. The mutex is held.
  template <class T, class Build, class... Args>
  T* find(Table<T>& table, Build build, const std::string& name, const Labels& labels, const Args&... args) {
    Series<T>& series = table[name];
    if (!series.family) {
      series.family = &build().Name(name).Help(name).Register(registry);
    }
    if (const auto found = series.by_labels.find(labels); found != series.by_labels.end()) {
      return found->second;
    }
    if (series.by_labels.size() >= kMostSeries) {
      refuse(name);
      return nullptr;
    }
    return series.by_labels[labels] = &series.family->Add(labels, args...);
  }

  prometheus::Counter* counter(const std::string& name, const Labels& labels) {
    return find(counters, prometheus::BuildCounter, name, labels);
  }
  prometheus::Histogram* histogram(const std::string& name, const Labels& labels) {
    return find(
        histograms, prometheus::BuildHistogram, name, labels,
        prometheus::Histogram::BucketBoundaries(DurationBuckets::kBounds.begin(), DurationBuckets::kBounds.end()));
  }

  void refuse(const std::string& name) {
    if (name != kRefused) {
      counter(kRefused, {{"name", name}})->Increment();
    }
  }

  std::mutex mutex;
  prometheus::Registry registry;
  Table<prometheus::Counter> counters;
  Table<prometheus::Gauge> gauges;
  Table<prometheus::Histogram> histograms;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const std::string& name, const Labels& labels, double by) {
  const std::lock_guard lock(impl_->mutex);
  if (auto* counter = impl_->counter(name, labels)) {
    counter->Increment(by);
  }
}

void Metrics::gauge(const std::string& name, double value, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  if (auto* gauge = impl_->find(impl_->gauges, prometheus::BuildGauge, name, labels)) {
    gauge->Set(value);
  }
}

void Metrics::observe(const std::string& name, double seconds, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  if (auto* histogram = impl_->histogram(name, labels)) {
    histogram->Observe(seconds);
  }
}

void Metrics::observe(const std::string& name, const DurationBuckets& durations, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  if (auto* histogram = impl_->histogram(name, labels)) {
    histogram->ObserveMultiple({durations.counts.begin(), durations.counts.end()}, durations.sum);
  }
}

std::string Metrics::expose() const {
  const std::lock_guard lock(impl_->mutex);
  return prometheus::TextSerializer{}.Serialize(impl_->registry.Collect());
}

}  // namespace gatehouse::telemetry
