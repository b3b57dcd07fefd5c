#include "project/yaml.h"

#include <gtest/gtest.h>

namespace gatehouse::project {
namespace {

namespace json = boost::json;

std::string error_of(std::string_view yaml, const YamlLimits& limits = {}) {
  try {
    parse_yaml(yaml, limits);
    return "";
  } catch (const YamlError& e) {
    return e.what();
  }
}

TEST(Yaml, becomes_the_json_that_it_stands_for) {
  EXPECT_EQ(parse_yaml("id: app\nlist:\n- 1\n- {a: b}\n- [x, 'y', \"z\"]\nempty:\n"),
            json::parse(R"({"id":"app","list":[1,{"a":"b"},["x","y","z"]],"empty":null})"));
  EXPECT_EQ(parse_yaml(R"({"a": [true, null, 1.5, "t"]})"), json::parse(R"({"a":[true,null,1.5,"t"]})"));
  EXPECT_EQ(parse_yaml(""), json::value(nullptr));
  EXPECT_EQ(parse_yaml("--- \ntext: |\n  two\n  lines\n"), json::parse(R"({"text":"two\nlines\n"})"));
}

TEST(Yaml, types_plain_scalars_as_the_contracts_loader_does) {
  const std::pair<const char*, json::value> table[] = {
      {"yes", true},
      {"Off", false},
      {"y", true},
      {"NO", false},
      {"~", nullptr},
      {"Null", nullptr},
      {"0x1F", 31},
      {"0o17", 15},
      {"017", 15},
      {"0b101", 5},
      {"1_000", 1000},
      {"-7", -7},
      {"+3", 3},
      {"0", 0},
      {"9223372036854775808", std::uint64_t{9223372036854775808U}},
      {"-9223372036854775808", std::int64_t{INT64_MIN}},
      {"1e3", 1000.0},
      {".5", 0.5},
      {"1.", 1.0},
      {"-1.5E-2", -0.015},
      {"08", 8.0},  // not octal, so a decimal number
      {"1.2.3", "1.2.3"},
      {"2027-01-31", "2027-01-31"},
      {"-", "-"},
      {"+", "+"},
      {".", "."},
      {"1h", "1h"},
      {"yEs", "yEs"},
      {"0x", "0x"},
      {"1e999", "1e999"},
      {"--1", "--1"},
      {"+-1", "+-1"},
      {"0x-1", "0x-1"},
  };
  for (const auto& [text, value] : table) {
    EXPECT_EQ(plain_scalar(text), value) << text;
  }
  EXPECT_EQ(plain_scalar(".inf"), std::nullopt);
  EXPECT_EQ(plain_scalar("-.Inf"), std::nullopt);
  EXPECT_EQ(plain_scalar(".NaN"), std::nullopt);
}

TEST(Yaml, quoted_scalars_are_text_and_tags_decide) {
  EXPECT_EQ(parse_yaml("['1', \"yes\", !!str 1, !!int '2', !!float 3]"), json::parse(R"(["1","yes","1",2,3])"));
  EXPECT_NE(error_of("!!int x"), "");
  EXPECT_NE(error_of("!!binary aGk="), "");
  EXPECT_NE(error_of("!mine {a: 1}"), "");
  EXPECT_NE(error_of("!!set {a: 1}"), "");
}

TEST(Yaml, keys_are_text_and_unique) {
  EXPECT_EQ(parse_yaml("1: a\ntrue: b\n"), json::parse(R"({"1":"a","true":"b"})"));
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n"), "line 3, column 1: a key that the same mapping already has");
  EXPECT_NE(error_of("{a: 1, \"a\": 2}"), "");
  EXPECT_NE(error_of("? [a]\n: 1\n"), "");
  EXPECT_NE(error_of("~: 1\n"), "");
}

TEST(Yaml, the_merge_key_is_a_key_like_others) {
  EXPECT_EQ(parse_yaml("a: &x {b: 1}\nc: {<<: *x}\n"), json::parse(R"({"a":{"b":1},"c":{"<<":{"b":1}}})"));
}

TEST(Yaml, aliases_are_copies_within_a_budget) {
  EXPECT_EQ(parse_yaml("a: &x [1, 2]\nb: *x\n"), json::parse(R"({"a":[1,2],"b":[1,2]})"));
  EXPECT_EQ(parse_yaml("&k a: 1\nb: *k\n"), json::parse(R"({"a":1,"b":"a"})"));
  EXPECT_NE(error_of("a: *nowhere\n"), "");
  EXPECT_NE(error_of("a: &x [*x]\n"), "");
  EXPECT_NE(error_of("a: &x 1\nb: [*x, *x, *x]\n", {.aliases = 2}), "");
}

TEST(Yaml, lesson_19_a_billion_laughs_are_refused) {
  std::string bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i <= 9; ++i) {
    const auto before = std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) {
      bomb += "*a" + before + ", ";
    }
    bomb += "*a" + before + "]\n";
  }
  EXPECT_THAT(error_of(bomb), testing::AnyOf(testing::HasSubstr("aliases"), testing::HasSubstr("nested deeper")));
  EXPECT_THAT(error_of(bomb, {.aliases = 1000}), testing::HasSubstr("more than 20000 values"));
}

TEST(Yaml, lesson_19_depth_and_size_are_limited) {
  EXPECT_EQ(error_of(std::string(32, '[') + std::string(32, ']')), "");
  EXPECT_THAT(error_of(std::string(33, '[') + std::string(33, ']')),
              testing::HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(error_of(std::string(50'000, '[')), testing::HasSubstr("nested deeper"));
  EXPECT_THAT(error_of("a: &x [[[[1]]]]\nb: [[[*x]]]\n", {.depth = 6}), testing::HasSubstr("nested deeper"));
  EXPECT_EQ(error_of("a: &x [[[[1]]]]\nb: [[[*x]]]\n", {.depth = 8}), "");
  EXPECT_EQ(error_of(std::string(100 * 1024 + 1, ' ')), "larger than 100 KiB");
  std::string many = "[";
  for (int i = 0; i < 21'000; ++i) {
    many += "1, ";
  }
  EXPECT_THAT(error_of(many + "1]"), testing::HasSubstr("more than 20000 values"));
}

TEST(Yaml, what_is_not_one_document_of_utf8_is_refused_with_its_place) {
  EXPECT_EQ(error_of("a: b: c\n"), "line 1, column 5: illegal map value");
  EXPECT_EQ(error_of("a: 1\n---\nb: 2\n"), "more than one document");
  EXPECT_EQ(error_of("a: \xff\n"), "not UTF-8 text");
  EXPECT_EQ(error_of(std::string("a: \0\n", 5)), "not UTF-8 text");
  EXPECT_NE(error_of("a: [1, 2\n"), "");
  EXPECT_NE(error_of("a: \"open\n"), "");
  EXPECT_NE(error_of("a: 'open"), "");
  EXPECT_EQ(error_of("a: 1\n...\n"), "");
  EXPECT_EQ(error_of("a: 1\n..."), "");
  EXPECT_EQ(error_of("# nothing but a comment"), "");
  EXPECT_NE(error_of("a: .inf\n"), "");
}

TEST(Yaml, an_error_does_not_quote_the_text) {
  for (const auto* text : {"password: *hunter2\n", "password: \"\\hunter2\"\n", "hunter2: 1\nhunter2: 2\n",
                           "a: b: hunter2\n", "a: !hunter2 x\n", "hunter2\nb: c\n"}) {
    const std::string error = error_of(text);
    EXPECT_NE(error, "") << text;
    EXPECT_EQ(error.find("hunter2"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace gatehouse::project
