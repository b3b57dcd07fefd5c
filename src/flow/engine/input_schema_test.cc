#include "flow/engine/input_schema.h"

#include <gtest/gtest.h>

namespace gatehouse::flow {

namespace {

namespace json = boost::json;

InputSchema two_ways() {
  return {{{constant_key("identification", "email"), text_key("login_id")},
           {constant_key("identification", "username"), text_key("login_id")}}};
}
InputSchema code_or_resend() { return {{{text_key("code")}, {constant_key("resend", true)}}}; }

std::string causes(const InputSchema& schema, const Input& input) {
  const auto matched = match(schema, input);
  const auto* why = std::get_if<json::array>(&matched);
  return why == nullptr ? "fits " + std::to_string(std::get<std::size_t>(matched)) : json::serialize(*why);
}

}  // namespace

TEST(InputSchema, an_input_fits_by_its_keys_and_others_are_ignored) {
  EXPECT_EQ(causes(two_ways(), {{"identification", "username"}, {"login_id", "x"}, {"more", 1}}), "fits 1");
  EXPECT_EQ(causes(code_or_resend(), {{"code", "123456"}}), "fits 0");
  EXPECT_EQ(causes(code_or_resend(), {{"resend", true}}), "fits 1");
}

TEST(InputSchema, a_missing_key_is_named_with_what_is_there) {
  EXPECT_EQ(causes(two_ways(), {{"login_id", "x"}}),
            R"([{"location":"","kind":"required","details":{"actual":["login_id"],"expected":["identification"],)"
            R"("missing":["identification"]}}])");
  EXPECT_EQ(causes(two_ways(), {{"identification", "email"}}),
            R"([{"location":"","kind":"required","details":{"actual":["identification"],)"
            R"("expected":["identification","login_id"],"missing":["login_id"]}}])");
}

TEST(InputSchema, a_value_that_is_none_of_the_options_is_an_enum_failure) {
  EXPECT_EQ(
      causes(two_ways(), {{"identification", "phone"}, {"login_id", "x"}}),
      R"([{"location":"/identification","kind":"enum","details":{"actual":"phone","expected":["email","username"]}}])");
}

TEST(InputSchema, a_value_of_another_type_is_a_type_failure) {
  EXPECT_EQ(causes(code_or_resend(), {{"code", 123456}}),
            R"([{"location":"/code","kind":"type","details":{"actual":["integer"],"expected":["string"]}}])");
  EXPECT_EQ(causes(code_or_resend(), {{"resend", false}}),
            R"([{"location":"/resend","kind":"const","details":{"actual":false,"expected":true}}])");
}

}  // namespace gatehouse::flow
