#include "domain/identity/precis.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "domain/identity/unicode_text.h"

namespace gatehouse::identity {

namespace {

// RFC 8264 8: what is said of a code point.
enum class Verdict { valid, freeform_only, context, disallowed };

constexpr char32_t kZwnj = 0x200c;
constexpr char32_t kZwj = 0x200d;

UChar32 icu_char(char32_t c) { return static_cast<UChar32>(c); }
bool between(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }
bool arabic_digit(char32_t c) { return between(c, 0x0660, 0x0669); }
bool extended_arabic_digit(char32_t c) { return between(c, 0x06f0, 0x06f9); }

bool any_of(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }

// RFC 5892 2.6.
std::optional<Verdict> exception(char32_t c) {
  if (any_of(c, U"\u00df\u03c2\u06fd\u06fe\u0f0b\u3007")) {
    return Verdict::valid;
  }
  if (any_of(c, U"\u00b7\u0375\u05f3\u05f4\u30fb") || arabic_digit(c) || extended_arabic_digit(c)) {
    return Verdict::context;
  }
  if (any_of(c, U"\u0640\u07fa\u302e\u302f\u303b") || between(c, 0x3031, 0x3035)) {
    return Verdict::disallowed;
  }
  return std::nullopt;
}

bool old_hangul_jamo(char32_t c) {
  const auto type = u_getIntPropertyValue(icu_char(c), UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

bool ignorable(char32_t c) {
  return u_hasBinaryProperty(icu_char(c), UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 ||
         u_hasBinaryProperty(icu_char(c), UCHAR_NONCHARACTER_CODE_POINT) != 0;
}

bool has_compatibility_form(char32_t c) {
  const std::string text = utf8(CodePoints(1, c));
  return nfkc(text) != text;
}

bool in_mask(char32_t c, std::uint32_t mask) { return (U_GET_GC_MASK(icu_char(c)) & mask) != 0; }

constexpr std::uint32_t kLetterDigits =
    U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
constexpr std::uint32_t kOtherLetterDigits = U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK;
constexpr std::uint32_t kFreeformOnly = kOtherLetterDigits | U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;

// The algorithm of RFC 8264 8, in its order.
Verdict judge(char32_t c) {
  if (const auto found = exception(c)) {
    return *found;
  }
  if (in_mask(c, U_GC_CN_MASK)) {
    return Verdict::disallowed;
  }
  if (between(c, 0x21, 0x7e)) {
    return Verdict::valid;
  }
  if (c == kZwnj || c == kZwj) {
    return Verdict::context;
  }
  if (old_hangul_jamo(c) || ignorable(c) || in_mask(c, U_GC_CC_MASK)) {
    return Verdict::disallowed;
  }
  if (has_compatibility_form(c)) {
    return Verdict::freeform_only;
  }
  if (in_mask(c, kLetterDigits)) {
    return Verdict::valid;
  }
  return in_mask(c, kFreeformOnly) ? Verdict::freeform_only : Verdict::disallowed;
}

bool has_script(char32_t c, UScriptCode script) { return uscript_hasScript(icu_char(c), script) != 0; }

bool follows_virama(const CodePoints& text, std::size_t i) {
  constexpr std::uint8_t kVirama = 9;
  return i > 0 && u_getCombiningClass(icu_char(text[i - 1])) == kVirama;
}

auto joining(char32_t c) { return u_getIntPropertyValue(icu_char(c), UCHAR_JOINING_TYPE); }

// RFC 5892 A.1: (L|D) T* ZWNJ T* (R|D)
bool joins_around(const CodePoints& text, std::size_t i) {
  std::size_t before = i;
  while (before > 0 && joining(text[before - 1]) == U_JT_TRANSPARENT) {
    --before;
  }
  std::size_t after = i + 1;
  while (after < text.size() && joining(text[after]) == U_JT_TRANSPARENT) {
    ++after;
  }
  if (before == 0 || after == text.size()) {
    return false;
  }
  const auto left = joining(text[before - 1]);
  const auto right = joining(text[after]);
  return (left == U_JT_LEFT_JOINING || left == U_JT_DUAL_JOINING) &&
         (right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING);
}

bool katakana_company(char32_t c) {
  return c != 0x30fb &&
         (has_script(c, USCRIPT_HIRAGANA) || has_script(c, USCRIPT_KATAKANA) || has_script(c, USCRIPT_HAN));
}

// RFC 5892 A.1 to A.9.
bool context_allows(const CodePoints& text, std::size_t i) {
  switch (text[i]) {
    case kZwnj:
      return follows_virama(text, i) || joins_around(text, i);
    case kZwj:
      return follows_virama(text, i);
    case 0x00b7:
      return i > 0 && i + 1 < text.size() && text[i - 1] == 'l' && text[i + 1] == 'l';
    case 0x0375:
      return i + 1 < text.size() && has_script(text[i + 1], USCRIPT_GREEK);
    case 0x05f3:
    case 0x05f4:
      return i > 0 && has_script(text[i - 1], USCRIPT_HEBREW);
    case 0x30fb:
      return std::ranges::any_of(text, katakana_company);
    default:
      return std::ranges::none_of(text, arabic_digit(text[i]) ? extended_arabic_digit : arabic_digit);
  }
}

bool class_allows(const CodePoints& text, StringClass string_class) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Verdict verdict = judge(text[i]);
    const bool allowed = verdict == Verdict::valid ||
                         (verdict == Verdict::freeform_only && string_class == StringClass::freeform) ||
                         (verdict == Verdict::context && context_allows(text, i));
    if (!allowed) {
      return false;
    }
  }
  return true;
}

bool is_one_of(UCharDirection direction, std::initializer_list<UCharDirection> set) {
  return std::ranges::find(set, direction) != set.end();
}

// The direction of the last character that is not a non-spacing mark.
UCharDirection last_direction(const CodePoints& text) {
  for (auto c = text.rbegin(); c != text.rend(); ++c) {
    if (const auto direction = u_charDirection(icu_char(*c)); direction != U_DIR_NON_SPACING_MARK) {
      return direction;
    }
  }
  return U_DIR_NON_SPACING_MARK;
}

bool right_to_left_fits(const CodePoints& text) {
  bool european = false;
  bool arabic = false;
  for (const char32_t c : text) {
    const auto direction = u_charDirection(icu_char(c));
    european = european || direction == U_EUROPEAN_NUMBER;
    arabic = arabic || direction == U_ARABIC_NUMBER;
    if (!is_one_of(direction, {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER, U_EUROPEAN_NUMBER,
                               U_EUROPEAN_NUMBER_SEPARATOR, U_COMMON_NUMBER_SEPARATOR, U_EUROPEAN_NUMBER_TERMINATOR,
                               U_OTHER_NEUTRAL, U_BOUNDARY_NEUTRAL, U_DIR_NON_SPACING_MARK})) {
      return false;
    }
  }
  return !(european && arabic) &&
         is_one_of(last_direction(text), {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_EUROPEAN_NUMBER, U_ARABIC_NUMBER});
}

bool left_to_right_fits(const CodePoints& text) {
  return std::ranges::all_of(text,
                             [](char32_t c) {
                               return is_one_of(u_charDirection(icu_char(c)),
                                                {U_LEFT_TO_RIGHT, U_EUROPEAN_NUMBER, U_EUROPEAN_NUMBER_SEPARATOR,
                                                 U_COMMON_NUMBER_SEPARATOR, U_EUROPEAN_NUMBER_TERMINATOR,
                                                 U_OTHER_NEUTRAL, U_BOUNDARY_NEUTRAL, U_DIR_NON_SPACING_MARK});
                             }) &&
         is_one_of(last_direction(text), {U_LEFT_TO_RIGHT, U_EUROPEAN_NUMBER});
}

// RFC 5893 2; only for text that has a character written from right to left (RFC 8264 5.2.5).
bool bidi_rule_holds(const CodePoints& text) {
  const bool concerned = std::ranges::any_of(text, [](char32_t c) {
    return is_one_of(u_charDirection(icu_char(c)), {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER});
  });
  if (!concerned) {
    return true;
  }
  switch (u_charDirection(icu_char(text.front()))) {
    case U_RIGHT_TO_LEFT:
    case U_RIGHT_TO_LEFT_ARABIC:
      return right_to_left_fits(text);
    case U_LEFT_TO_RIGHT:
      return left_to_right_fits(text);
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> enforce_folded(std::string_view text, StringClass string_class, Direction direction) {
  if (text.empty() || !code_points(text)) {
    return std::nullopt;
  }
  std::string folded = nfc(fold_case(text));
  const auto points = code_points(folded);
  if (!points || !class_allows(*points, string_class)) {
    return std::nullopt;
  }
  if (direction == Direction::bidi_rule && !bidi_rule_holds(*points)) {
    return std::nullopt;
  }
  return folded;
}

}  // namespace gatehouse::identity
