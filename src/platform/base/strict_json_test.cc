#include "platform/base/strict_json.h"

namespace gatehouse {
namespace {

TEST(StrictJson, an_object_is_read) {
  const auto object = parse_strict_object(R"( {"a": 1, "b": {"a": [null, true, "x"]}, "c": [{"a": 1}, {"a": 2}]} )");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->at("a"), 1);
  EXPECT_EQ(object->at("c").as_array().size(), 2U);
}

TEST(StrictJson, a_member_name_that_comes_twice_is_refused_on_every_level_and_in_every_spelling) {
  EXPECT_FALSE(parse_strict_object(R"({"a":1,"a":1})"));
  EXPECT_FALSE(parse_strict_object(R"({"x":{"a":1,"b":2,"a":3}})"));
  EXPECT_FALSE(parse_strict_object(R"({"x":[{"a":1,"a":3}]})"));
  EXPECT_FALSE(parse_strict_object(R"({"a":1,"\u0061":2})"));
}

TEST(StrictJson, only_a_whole_object_counts) {
  for (const auto* text : {"", " ", "null", "[]", "\"x\"", "1", "{", "{}{}", "{} x", "{\"a\":}", "{'a':1}",
                           "{\"a\":1,}", "/**/{}", "{\"a\":NaN}", "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}"}) {
    EXPECT_FALSE(parse_strict_object(text)) << text;
  }
}

TEST(StrictJson, a_number_that_no_double_holds_is_refused) {
  EXPECT_TRUE(parse_strict_object(R"({"exp":1e308})"));
  EXPECT_TRUE(parse_strict_object(R"({"exp":99999999999999999999999})"));
  EXPECT_FALSE(parse_strict_object(R"({"exp":1e309})"));
  EXPECT_FALSE(parse_strict_object(R"({"x":[{"exp":-1e20011}]})"));
}

TEST(StrictJson, lesson_19_thirty_two_levels_are_the_limit) {
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_strict_object(nested(32)));
  EXPECT_FALSE(parse_strict_object(nested(33)));
  EXPECT_FALSE(parse_strict_object(nested(100'000)));
}

}  // namespace
}  // namespace gatehouse
