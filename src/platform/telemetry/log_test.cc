#include "platform/telemetry/log.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "platform/base/utf8.h"
#include "platform/telemetry/json_text.h"

namespace gatehouse::log {
namespace {

std::string written(Level threshold, Level level, std::string_view message, FieldsList fields) {
  set_level(threshold);
  testing::internal::CaptureStderr();
  write(level, message, std::move(fields));
  set_level(Level::warn);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, a_line_is_one_json_object) {
  const std::string line =
      written(Level::info, Level::warn, "it \"broke\"\n", {{"reason", "a\\b\x01\xff"}, {"n", "1"}});
  ASSERT_EQ(std::ranges::count(line, '\n'), 1);
  const auto json = boost::json::parse(line).as_object();
  EXPECT_EQ(json.at("level").as_string(), "warn");
  EXPECT_EQ(json.at("message").as_string(), "it \"broke\"\n");
  EXPECT_EQ(json.at("reason").as_string(), "a\\b\x01\xEF\xBF\xBD");
  EXPECT_EQ(json.at("time").as_string().size(), 27U);
}

TEST(Log, what_is_below_the_level_is_not_written) {
  EXPECT_EQ(written(Level::warn, Level::info, "quiet", {}), "");
  EXPECT_NE(written(Level::debug, Level::debug, "loud", {}), "");
}

TEST(JsonText, whatever_the_bytes_it_can_be_read_back) {
  rc::check([](const std::string& bytes) {
    std::string json;
    telemetry::append_json_string(json, bytes);
    const boost::json::value value = boost::json::parse(json);
    if (is_utf8(bytes)) {
      RC_ASSERT(std::string{value.as_string()} == bytes);
    }
  });
}

}  // namespace
}  // namespace gatehouse::log
