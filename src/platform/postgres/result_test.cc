#include "platform/postgres/result.h"

#include <boost/json.hpp>

namespace gatehouse::postgres {
namespace {

template <class T>
T decoded(std::string_view text) {
  T value{};
  decode(text, value);
  return value;
}

TEST(Decode, timestamps_come_with_and_without_zone_and_fraction) {
  const auto base = from_unix_seconds(1'700'000'000);  // 2023-11-14 22:13:20 UTC
  EXPECT_EQ(decoded<TimePoint>("2023-11-14 22:13:20"), base);
  EXPECT_EQ(decoded<TimePoint>("2023-11-14 22:13:20+00"), base);
  EXPECT_EQ(decoded<TimePoint>("2023-11-15 03:43:20+05:30"), base);
  EXPECT_EQ(decoded<TimePoint>("2023-11-14 18:43:20-03:30"), base);
  EXPECT_EQ(decoded<TimePoint>("2023-11-14 22:13:20.5+00"), base + Micros{500'000});
  EXPECT_EQ(decoded<TimePoint>("2023-11-14 22:13:20.000007"), base + Micros{7});
}

TEST(Decode, what_does_not_fit_throws_and_does_not_repeat_the_text) {
  EXPECT_THROW(decoded<TimePoint>("infinity"), std::runtime_error);
  EXPECT_THROW(decoded<TimePoint>("2023-02-30 00:00:00"), std::runtime_error);
  EXPECT_THROW(decoded<std::int32_t>("12x"), std::runtime_error);
  EXPECT_THROW(decoded<std::int16_t>("70000"), std::runtime_error);
  EXPECT_THROW(decoded<bool>("yes"), std::runtime_error);
  EXPECT_THROW(decoded<Binary>("\\xabc"), std::runtime_error);
  EXPECT_THROW(decoded<std::vector<std::string>>("{a,NULL}"), std::runtime_error);
  EXPECT_THROW(decoded<boost::json::object>("[1]"), std::runtime_error);
  try {
    decoded<std::int64_t>("marker");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()).find("marker"), std::string::npos);
  }
}

TEST(Decode, arrays_of_text_keep_every_character) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(decoded<Texts>("{}"), Texts{});
  EXPECT_EQ(decoded<Texts>("{a,\"b c\",\"\",\"NULL\",\"x\\\"\\\\,}{\"}"), (Texts{"a", "b c", "", "NULL", "x\"\\,}{"}));
}

}  // namespace
}  // namespace gatehouse::postgres
