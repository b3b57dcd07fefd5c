#include "platform/template/translation.h"

#include <stdexcept>

#include <gtest/gtest.h>

using gatehouse::text::language_name;
using gatehouse::text::match_language;
using gatehouse::text::parse_accept_language;
using gatehouse::text::Translations;

namespace {

Translations english(std::string_view json) { return {"en", {json}, nullptr}; }

}  // namespace

TEST(Translations, arguments_are_put_in_as_they_are) {
  const auto t = english(R"({"a": "Sign in to {app}, {who}", "q": "It's '{'literal'}' {x}"})");
  EXPECT_EQ(t("a", {{"app", "{who} <b>"}, {"who", "Mira"}}), "Sign in to {who} <b>, Mira");
  EXPECT_EQ(t("q", {{"x", "1,234"}}), "It's {literal} 1,234");
}

TEST(Translations, a_missing_argument_stays_visible) { EXPECT_EQ(english(R"({"a": "Hi {who}"})")("a"), "Hi {who}"); }

TEST(Translations, plural_and_select_follow_the_language) {
  const auto t = english(R"({"wait": "{n, plural, one {# minute} other {# minutes}}",
                             "kind": "{kind, select, email {your email} other {it}}"})");
  EXPECT_EQ(t("wait", {{"n", "1"}}), "1 minute");
  EXPECT_EQ(t("wait", {{"n", "12"}}), "12 minutes");
  EXPECT_EQ(t("kind", {{"kind", "email"}}), "your email");
  EXPECT_EQ(t("kind", {{"kind", "'; DROP"}}), "it");
  const Translations polish("pl", {R"({"wait": "{n, plural, one {# minuta} few {# minuty} other {# minut}}"})"},
                            nullptr);
  EXPECT_EQ(polish("wait", {{"n", "3"}}), "3 minuty");
}

TEST(Translations, a_number_argument_that_is_none_gives_the_pattern_not_a_crash) {
  const auto t = english(R"({"wait": "{n, plural, one {# minute} other {# minutes}}"})");
  EXPECT_NE(t("wait", {{"n", "many"}}), "");
  EXPECT_NE(t("wait"), "");
}

TEST(Translations, later_files_win_and_the_fallback_fills_gaps) {
  auto base =
      std::make_shared<const Translations>("en", std::vector<std::string_view>{R"({"a": "A", "b": "B"})"}, nullptr);
  const Translations german("de", {R"({"a": "alt"})", R"({"a": "neu"})"}, base);
  EXPECT_EQ(german("a"), "neu");
  EXPECT_EQ(german("b"), "B");
  EXPECT_EQ(german("c"), "c");
  EXPECT_TRUE(german.has("b"));
  EXPECT_FALSE(german.has("c"));
}

TEST(Translations, a_broken_pattern_is_refused_by_its_key) {
  for (const char* json : {R"({"bad.key": "{open"})", R"({"bad.key": "{n, plural, one {x}}"})", R"({"bad.key": 1})"}) {
    try {
      english(json);
      FAIL() << json;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("bad.key"), std::string::npos) << error.what();
    }
  }
}

TEST(Translations, know_the_direction_of_their_language) {
  EXPECT_FALSE(english("{}").right_to_left());
  EXPECT_TRUE(Translations("ar", {"{}"}, nullptr).right_to_left());
  EXPECT_TRUE(Translations("he-IL", {"{}"}, nullptr).right_to_left());
}

TEST(MatchLanguage, looks_up_as_RFC_4647_says) {
  const std::vector<std::string> supported{"en", "de", "pt-BR", "zh-Hant"};
  EXPECT_EQ(match_language({"de-CH-1996"}, supported, "en"), "de");
  EXPECT_EQ(match_language({"zh-Hant-x-private"}, supported, "en"), "zh-Hant");
  EXPECT_EQ(match_language({"PT-br"}, supported, "en"), "pt-BR");
  EXPECT_EQ(match_language({"pt", "de"}, supported, "en"), "de");
  EXPECT_EQ(match_language({}, supported, "en"), "en");
}

TEST(MatchLanguage, survives_anything) {
  for (const char* nonsense :
       {"", "-", "--", "x", "\xff\xfe", "en_US<script>", "*", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s"}) {
    EXPECT_EQ(match_language({nonsense}, {"en", "de"}, "fallback"), "fallback") << nonsense;
  }
}

TEST(AcceptLanguage, is_sorted_by_quality) {
  EXPECT_EQ(parse_accept_language("fr;q=0.5, de-CH , en;q=0.9,xx;q=0,*;q=0.1"),
            (std::vector<std::string>{"de-CH", "en", "fr"}));
  EXPECT_TRUE(parse_accept_language(";;;,,, =q;q=2;;").empty());
  EXPECT_EQ(parse_accept_language(std::string(5000, 'a')).size(), 0U);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "en,";
  EXPECT_EQ(parse_accept_language(many).size(), 20U);
}

TEST(LanguageName, is_written_in_the_language_itself) {
  EXPECT_EQ(language_name("en"), "English");
  EXPECT_EQ(language_name("de"), "Deutsch");
  EXPECT_EQ(language_name("fr"), "Français");
  EXPECT_EQ(language_name("<bad>"), "<bad>");
}
