#include "platform/telemetry/metrics.h"

#include <gmock/gmock.h>

namespace gatehouse::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, counters_gauges_and_durations_are_exposed_as_text) {
  Metrics metrics;
  metrics.count("gatehouse_logins_total", {{"result", "ok"}});
  metrics.count("gatehouse_logins_total", {{"result", "ok"}}, 2);
  metrics.gauge("gatehouse_leases", 5);
  metrics.gauge("gatehouse_leases", 4);
  metrics.observe("gatehouse_query_seconds", 0.004);
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("# TYPE gatehouse_logins_total counter"));
  EXPECT_THAT(text, HasSubstr("gatehouse_logins_total{result=\"ok\"} 3"));
  EXPECT_THAT(text, HasSubstr("gatehouse_leases 4"));
  EXPECT_THAT(text, HasSubstr("gatehouse_query_seconds_bucket{le=\"0.0025\"} 0"));
  EXPECT_THAT(text, HasSubstr("gatehouse_query_seconds_bucket{le=\"0.005\"} 1"));
}

TEST(Metrics, durations_gathered_by_a_core_count_like_single_ones) {
  Metrics single;
  Metrics gathered;
  DurationBuckets buckets;
  for (const double seconds : {0.0001, 0.0005, 0.0006, 0.2, 9.9, 100.0}) {
    single.observe("gatehouse_x_seconds", seconds);
    buckets.add(seconds);
  }
  gathered.observe("gatehouse_x_seconds", buckets);
  EXPECT_EQ(single.expose(), gathered.expose());
}

TEST(Metrics, lesson_25_a_name_with_a_thousand_series_takes_no_more_and_says_so) {
  Metrics metrics;
  for (int i = 0; i < 1'010; ++i) {
    metrics.count("gatehouse_wild_total", {{"value", std::to_string(i)}});
  }
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("{value=\"999\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("{value=\"1000\"}")));
  EXPECT_THAT(text, HasSubstr("gatehouse_metrics_refused_total{name=\"gatehouse_wild_total\"} 10"));
}

}  // namespace
}  // namespace gatehouse::telemetry
