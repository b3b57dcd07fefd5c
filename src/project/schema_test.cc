#include "project/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::project {
namespace {

namespace json = boost::json;

std::vector<std::string> problems(const char* schema, const char* value, bool names_keys = true) {
  std::vector<std::string> all;
  for (const auto& [path, what] : Schema(schema, names_keys).validate(json::parse(value))) {
    all.push_back(path + " " + what);
  }
  return all;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Schema, every_wrong_path_is_listed) {
  EXPECT_THAT(problems(R"({"$defs":{},"type":"object","required":["a","z"],"additionalProperties":false,"properties":{
                            "a":{"type":"integer"},"b":{"type":"array","items":{"type":"string","minLength":2}}}})",
                       R"({"a":"x","b":["ok",1,"y"],"c/d":1})"),
              ElementsAre(" needs the key z", "/a must be an integer", "/b/1 must be a string",
                          "/b/2 needs at least 2 characters", "/c~1d is not a known key"));
}

TEST(Schema, keywords_beside_a_reference_count) {
  const char* schema = R"({"$defs":{"N":{"type":"integer"}},"$ref":"#/$defs/N","minimum":300})";
  EXPECT_THAT(problems(schema, "300"), IsEmpty());
  EXPECT_THAT(problems(schema, "299"), ElementsAre(" must be at least 300"));
  EXPECT_THAT(problems(schema, "\"300\""), ElementsAre(" must be an integer"));
}

TEST(Schema, definitions_may_refer_to_themselves) {
  const char* schema =
      R"({"$defs":{"T":{"type":"object","properties":{"next":{"$ref":"#/$defs/T"}}}},"$ref":"#/$defs/T"})";
  EXPECT_THAT(problems(schema, R"({"next":{"next":{"next":1}}})"), ElementsAre("/next/next/next must be an object"));
}

TEST(Schema, conditions_choose_what_else_holds) {
  const char* schema = R"({"$defs":{},"if":{"properties":{"t":{"const":"m"}},"required":["t"]},
                           "then":{"required":["k"]},"else":{"not":{"required":["k"]}}})";
  EXPECT_THAT(problems(schema, R"({"t":"m"})"), ElementsAre(" needs the key k"));
  EXPECT_THAT(problems(schema, R"({"t":"m","k":1})"), IsEmpty());
  EXPECT_THAT(problems(schema, R"({"k":1})"), ElementsAre(" has a value or a key that is not allowed here"));
  EXPECT_THAT(problems(schema, R"({})"), IsEmpty());
}

TEST(Schema, numbers_are_compared_by_value) {
  const char* schema = R"({"$defs":{},"type":"integer","enum":[0,60]})";
  EXPECT_THAT(problems(schema, "60"), IsEmpty());
  EXPECT_THAT(problems(schema, "60.0"), IsEmpty());
  EXPECT_THAT(problems(schema, "60.5"), ElementsAre(" must be an integer"));
  EXPECT_THAT(problems(schema, "61"), ElementsAre(" must be one of 0, 60"));
}

TEST(Schema, arrays_count_compare_and_contain) {
  const char* schema =
      R"({"$defs":{},"type":"array","minItems":1,"maxItems":2,"uniqueItems":true,"contains":{"const":"p"}})";
  EXPECT_THAT(problems(schema, R"(["p"])"), IsEmpty());
  EXPECT_THAT(problems(schema, R"([])"), ElementsAre(" needs at least 1 items", " must contain \"p\""));
  EXPECT_THAT(problems(schema, R"(["p","p"])"), ElementsAre(" must not have an item twice"));
  EXPECT_THAT(problems(schema, R"(["p","q","r"])"), ElementsAre(" must have at most 2 items"));
}

TEST(Schema, one_of_means_exactly_one) {
  const char* schema = R"({"$defs":{},"oneOf":[{"required":["a"]},{"required":["b"]}]})";
  EXPECT_THAT(problems(schema, R"({"a":1})"), IsEmpty());
  EXPECT_THAT(problems(schema, R"({})"), ElementsAre(" must have exactly one of the allowed forms"));
  EXPECT_THAT(problems(schema, R"({"a":1,"b":1})"), ElementsAre(" must have exactly one of the allowed forms"));
}

TEST(Schema, a_problem_is_told_once_and_quotes_no_value) {
  const char* schema =
      R"({"$defs":{},"allOf":[{"type":"object","additionalProperties":false,"properties":{"a":{"const":"x"}}},
                           {"properties":{"a":{"const":"x"}}}]})";
  EXPECT_THAT(problems(schema, R"({"a":"hunter2"})"), ElementsAre("/a must be x"));
  EXPECT_THAT(problems(schema, R"({"hunter2":1})", false), ElementsAre(" has a key that is not one of a"));
}

TEST(Schema, what_it_does_not_know_it_refuses_to_pass_over) {
  EXPECT_THROW(Schema(R"({"$defs":{},"propertyNames":{}})"), std::logic_error);
  EXPECT_THROW(Schema(R"({"$defs":{},"format":"x_new"})"), std::logic_error);
  EXPECT_THROW(Schema(R"({"$defs":{},"$ref":"http://elsewhere"})"), std::logic_error);
}

}  // namespace
}  // namespace gatehouse::project
