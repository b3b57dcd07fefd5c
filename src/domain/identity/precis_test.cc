#include "domain/identity/precis.h"

#include "domain/identity/unicode_text.h"

namespace gatehouse::identity {
namespace {

std::optional<std::string> identifier(std::string_view text) {
  return enforce_folded(text, StringClass::identifier, Direction::bidi_rule);
}

std::optional<std::string> freeform(std::string_view text) {
  return enforce_folded(text, StringClass::freeform, Direction::any);
}

TEST(Precis, case_is_folded_in_full_and_marks_are_composed) {
  EXPECT_EQ(identifier("FasengChima"), "fasengchima");
  EXPECT_EQ(identifier("gr\u00fc\u00dfen"), "gr\u00fcssen");
  EXPECT_EQ(identifier("A\u030a"), "\u00e5");
  EXPECT_EQ(identifier("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"), "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3");
}

TEST(Precis, dotless_i_and_dotted_capital_i_are_not_i) {
  EXPECT_EQ(identifier("\u0131"), "\u0131");
  EXPECT_EQ(identifier("\u0130"), "i\u0307");
  EXPECT_EQ(identifier("I"), "i");
}

TEST(Precis, look_alikes_of_another_script_stay_another_text) {
  EXPECT_EQ(identifier("\u0430"), "\u0430");  // CYRILLIC SMALL LETTER A
  EXPECT_NE(identifier("\u0430"), identifier("a"));
}

TEST(Precis, an_identifier_has_letters_digits_and_ascii_signs_only) {
  for (const auto* text : {"user.name", "a_b-c", "x+y", "\u6e2c\u8a66"}) {
    EXPECT_EQ(identifier(text), text);
  }
  EXPECT_EQ(identifier("\ufb01"), "fi");  // folding takes the ligature apart
  for (const auto* text : {"", "a b", "a\u00a0b", "\u2603", "\u265a", "a\u2019b", "\uff41", "\u2168", "\u210c", "a\tb",
                           "a\x7f", "\u2160", "\u1100", "\u0640", "\ue000", "\ufffd", "\xff", "a\xed\xa0\x80"}) {
    EXPECT_FALSE(identifier(text)) << text;
  }
}

TEST(Precis, freeform_allows_spaces_signs_and_compatibility_forms_but_nothing_invisible) {
  for (const auto* text : {"a b", "\u2603", "\uff41", "\u2019"}) {
    EXPECT_TRUE(freeform(text)) << text;
  }
  for (const auto* text : {"", "a\nb", "a\u200bb", "a\u00adb", "\ufeffa", "\u2060", "\u202e", "\ufdd0", "\u1160"}) {
    EXPECT_FALSE(freeform(text)) << text;
    EXPECT_FALSE(identifier(text)) << text;
  }
}

TEST(Precis, joiners_stand_only_where_a_script_needs_them) {
  EXPECT_TRUE(identifier("\u0915\u094d\u200d\u0937"));  // Devanagari: after a virama
  EXPECT_TRUE(identifier("\u0915\u094d\u200c\u0937"));
  EXPECT_TRUE(identifier("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"));  // Persian: between joining letters
  EXPECT_FALSE(identifier("a\u200db"));
  EXPECT_FALSE(identifier("a\u200cb"));
  EXPECT_FALSE(identifier("\u200d"));
  EXPECT_FALSE(identifier("\u200c"));
}

TEST(Precis, characters_with_a_rule_of_their_own_need_their_neighbours) {
  EXPECT_TRUE(identifier("col\u00b7lega"));
  EXPECT_FALSE(identifier("co\u00b7la"));
  EXPECT_FALSE(identifier("\u00b7"));
  EXPECT_TRUE(identifier("\u0375\u03b1"));
  EXPECT_FALSE(identifier("\u0375a"));
  EXPECT_TRUE(identifier("\u05d0\u05f3"));
  EXPECT_FALSE(identifier("\u05f3\u05d0"));
  EXPECT_TRUE(identifier("\u30a2\u30fb\u30a4"));
  EXPECT_FALSE(identifier("a\u30fbb"));
  EXPECT_FALSE(identifier("\u0627\u0661\u06f1"));  // both kinds of Arabic digits
  EXPECT_TRUE(identifier("\u0627\u0661\u0662"));
}

TEST(Precis, text_of_mixed_direction_is_refused_where_the_rule_holds) {
  EXPECT_TRUE(identifier("\u05d0\u05d1\u05d2"));
  EXPECT_TRUE(identifier("\u05d0\u05d11"));
  EXPECT_FALSE(identifier("\u05d0a"));
  EXPECT_FALSE(identifier("a\u05d0"));
  EXPECT_FALSE(identifier("1\u05d0"));
  EXPECT_FALSE(identifier("\u05d0-"));
  EXPECT_FALSE(identifier("\u06271\u0661"));  // European and Arabic digits
  EXPECT_TRUE(enforce_folded("\u05d0a", StringClass::identifier, Direction::any));
}

TEST(Punycode, the_examples_of_rfc_3492_and_of_the_contract) {
  EXPECT_EQ(punycode_domain("\u6e2c\u8a66.\u9999\u6e2f"), "xn--g6w251d.xn--j6w193g");
  EXPECT_EQ(punycode_domain("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(punycode_domain("\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587"), "xn--ihqwcrb4cv8a8dqg056pqjye");
  EXPECT_EQ(punycode_domain("example.com"), "example.com");
  EXPECT_EQ(punycode_domain("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(Punycode, what_only_looks_encoded_is_refused) {
  EXPECT_FALSE(punycode_domain("xn--\xff.example"));
  EXPECT_FALSE(punycode_domain("xn--99999999.example"));
  EXPECT_FALSE(punycode_domain("xn--!.example"));
  EXPECT_FALSE(punycode_domain(std::string(300, 'a')));
}

TEST(UnicodeText, trimming_takes_every_white_space_from_the_ends_only) {
  EXPECT_EQ(trimmed(" \t\u00a0\u3000a b\u2003\n"), "a b");
  EXPECT_EQ(trimmed("\u3000"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\u200ba"), "\u200ba");
}

TEST(UnicodeText, only_foreign_look_alikes_of_latin_are_confusable) {
  EXPECT_TRUE(looks_latin_but_is_not("p\u0430ypal"));
  EXPECT_TRUE(looks_latin_but_is_not("\u03bfmega"));
  EXPECT_FALSE(looks_latin_but_is_not("paypal"));
  EXPECT_FALSE(looks_latin_but_is_not("gr\u00fc\u00dfen"));
  EXPECT_FALSE(looks_latin_but_is_not("\u6e2c\u8a66"));
}

}  // namespace
}  // namespace gatehouse::identity
