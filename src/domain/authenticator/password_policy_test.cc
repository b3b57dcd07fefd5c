#include "domain/authenticator/password.h"
#include "platform/base/error.h"

namespace gatehouse::authenticator {
namespace {

namespace json = boost::json;

json::array causes(const project::PasswordPolicy& policy, const std::string& password,
                   const std::vector<std::string>& user_inputs = {}) {
  try {
    check_policy(policy, Password(password), user_inputs);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.reason(), "PasswordPolicyViolated");
    return error.info().at("causes").as_array();
  }
  return {};
}

json::array cause(const char* name) { return {json::object{{"Name", name}}}; }

TEST(PasswordPolicy, the_length_counts_characters_and_reports_bytes) {
  const project::PasswordPolicy policy{.min_length = 8};
  EXPECT_TRUE(causes(policy, "12345678").empty());
  EXPECT_TRUE(causes(policy, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4").empty());
  EXPECT_EQ(causes(policy, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"),
            (json::array{{{"Name", "PasswordTooShort"}, {"Info", {{"min_length", 8}, {"pw_length", 8U}}}}}));
}

TEST(PasswordPolicy, each_class_is_of_ascii_and_everything_else_is_a_symbol) {
  const project::PasswordPolicy upper{.min_length = 1, .uppercase_required = true};
  const project::PasswordPolicy lower{.min_length = 1, .lowercase_required = true};
  const project::PasswordPolicy letter{.min_length = 1, .alphabet_required = true};
  const project::PasswordPolicy digit{.min_length = 1, .digit_required = true};
  const project::PasswordPolicy symbol{.min_length = 1, .symbol_required = true};
  EXPECT_TRUE(causes(upper, "aB").empty());
  EXPECT_EQ(causes(upper, "ab\xc3\x84"), cause("PasswordUppercaseRequired"));
  EXPECT_TRUE(causes(lower, "Ab").empty());
  EXPECT_EQ(causes(lower, "AB\xc3\xa4"), cause("PasswordLowercaseRequired"));
  EXPECT_TRUE(causes(letter, "1a").empty());
  EXPECT_TRUE(causes(letter, "1A").empty());
  EXPECT_EQ(causes(letter, "12\xc3\xa4"), cause("PasswordAlphabetRequired"));
  EXPECT_TRUE(causes(digit, "a1").empty());
  EXPECT_EQ(causes(digit, "ab\xd9\xa1"), cause("PasswordDigitRequired"));  // U+0661, ARABIC-INDIC DIGIT ONE
  EXPECT_TRUE(causes(symbol, "a b").empty());
  EXPECT_TRUE(causes(symbol, "a\xc3\xa4").empty());
  EXPECT_TRUE(causes(symbol, "a_").empty());
  EXPECT_EQ(causes(symbol, "aB1"), cause("PasswordSymbolRequired"));
}

TEST(PasswordPolicy, excluded_keywords_are_found_anywhere_in_any_case_and_are_no_patterns) {
  const project::PasswordPolicy policy{.min_length = 1, .excluded_keywords = {"acme", "a.c", "stra\xc3\x9f"}};
  EXPECT_EQ(causes(policy, "myAcMe1"), cause("PasswordContainingExcludedKeywords"));
  EXPECT_EQ(causes(policy, "xa.cx"), cause("PasswordContainingExcludedKeywords"));
  EXPECT_TRUE(causes(policy, "abc").empty());
  EXPECT_TRUE(causes({.min_length = 1, .excluded_keywords = {""}}, "x").empty());
}

TEST(PasswordPolicy, guessable_passwords_are_told_their_level) {
  const project::PasswordPolicy policy{.min_length = 1, .minimum_guessable_level = 3};
  EXPECT_EQ(causes(policy, "password"),
            (json::array{{{"Name", "PasswordBelowGuessableLevel"}, {"Info", {{"min_level", 3}, {"pw_level", 1}}}}}));
  EXPECT_TRUE(causes(policy, "yGr7!kq0w-Lm2zPx").empty());
  EXPECT_TRUE(causes({.min_length = 1, .minimum_guessable_level = 9}, "yGr7!kq0w-Lm2zPx").empty());
}

TEST(PasswordPolicy, what_is_known_of_the_person_makes_a_password_guessable) {
  EXPECT_LT(guessability(Password("zhuravlenkova"), {"zhuravlenkova"}), guessability(Password("zhuravlenkova"), {}));
}

TEST(PasswordPolicy, the_score_goes_from_0_to_4_and_the_longest_password_is_judged_quickly) {
  EXPECT_EQ(guessability(Password("123456"), {}), 0);
  EXPECT_EQ(guessability(Password("yGr7!kq0w-Lm2zPx"), {}), 4);
  EXPECT_EQ(guessability(Password(""), {}), 0);
  const auto begin = std::chrono::steady_clock::now();
  guessability(Password(std::string(8192, 'a') + ""), {std::string(8192, 'a')});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{1});
}

TEST(PasswordPolicy, everything_that_is_wrong_is_said_at_once_in_the_contracts_order) {
  const project::PasswordPolicy policy{.min_length = 8,
                                       .uppercase_required = true,
                                       .lowercase_required = true,
                                       .alphabet_required = true,
                                       .digit_required = true,
                                       .symbol_required = true,
                                       .minimum_guessable_level = 5,
                                       .excluded_keywords = {"!"}};
  std::vector<std::string> names;
  for (const auto& one : causes(policy, "!")) {
    names.emplace_back(one.at("Name").as_string());
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"PasswordTooShort", "PasswordUppercaseRequired", "PasswordLowercaseRequired",
                                      "PasswordAlphabetRequired", "PasswordDigitRequired",
                                      "PasswordContainingExcludedKeywords", "PasswordBelowGuessableLevel"}));
}

TEST(PasswordPolicy, its_description_leaves_out_what_is_off) {
  EXPECT_EQ(describe_policy({.min_length = 8}),
            (json::object{{"minimum_length", 8}, {"history", {{"enabled", false}}}}));
  EXPECT_EQ(describe_policy({.min_length = 10,
                             .digit_required = true,
                             .minimum_guessable_level = 3,
                             .excluded_keywords = {"acme"},
                             .history_size = 2}),
            (json::object{{"minimum_length", 10},
                          {"digit_required", true},
                          {"minimum_zxcvbn_score", 2},
                          {"excluded_keywords", {"acme"}},
                          {"history", {{"enabled", true}, {"size", 2}}}}));
}

TEST(PasswordText, more_than_8192_bytes_are_refused_without_repeating_them) {
  EXPECT_EQ(Password(std::string(8192, 'x')).text().size(), 8192U);
  try {
    Password(std::string(8193, 'x'));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason(), "ValidationFailed");
    EXPECT_THAT(json::serialize(error.to_json()), testing::Not(testing::HasSubstr("xxx")));
    EXPECT_EQ(error.info().at("causes").as_array().at(0).at("kind"), "maxLength");
  }
}

TEST(PasswordText, it_expires_by_its_own_date_or_by_the_projects_duration) {
  const TimePoint now = from_unix_seconds(1'000'000);
  PasswordAuthenticator password;
  password.updated_at = now - std::chrono::hours{24};
  project::PasswordConfig config;
  EXPECT_FALSE(is_expired(config, password, now));
  config.expiry_duration_since_last_update = std::chrono::hours{23};
  EXPECT_FALSE(is_expired(config, password, now));
  config.expiry_force_change_enabled = true;
  EXPECT_TRUE(is_expired(config, password, now));
  config.expiry_duration_since_last_update = std::chrono::hours{25};
  EXPECT_FALSE(is_expired(config, password, now));
  password.expire_after = now - Seconds{1};
  EXPECT_TRUE(is_expired(config, password, now));
  password.expire_after = now + Seconds{1};
  EXPECT_FALSE(is_expired(config, password, now));
}

}  // namespace
}  // namespace gatehouse::authenticator
