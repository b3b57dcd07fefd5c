#include "project/duration.h"

#include <gtest/gtest.h>

namespace gatehouse::project {
namespace {

using namespace std::chrono_literals;

TEST(Duration, reads_gos_notation) {
  const std::pair<const char*, Micros> table[] = {
      {"1m", 1min},           {"24h", 24h},    {"1h30m", 90min}, {"300ms", 300ms}, {"1.5h", 90min}, {".5s", 500ms},
      {"20m0s", 20min},       {"0", 0s},       {"0s", 0s},       {"-1m", -1min},   {"+2s", 2s},     {"10us", 10us},
      {"10\u00b5s", 10us},    {"1500ns", 1us}, {"0.3s", 300ms},  {"0.1s", 100ms},  {"1.s", 1s},     {"1m1m", 2min},
      {"2562047h", 2562047h},
  };
  for (const auto& [text, value] : table) {
    EXPECT_EQ(parse_duration(text), value) << text;
  }
}

TEST(Duration, refuses_everything_else) {
  for (const auto* text :
       {"", "1", "m", "1d", "1 m", " 1m", "1m ", "s1", "--1s", "1h-1m", ".s", ".", "+", "9999999h", "1e3s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gatehouse::project
