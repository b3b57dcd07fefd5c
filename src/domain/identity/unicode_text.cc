#include "domain/identity/unicode_text.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>

namespace gatehouse::identity {

namespace {

icu::UnicodeString utf16(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

std::string utf8_of(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

std::string normalized(std::string_view text, const icu::Normalizer2* (*form)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = form(status);
  const icu::UnicodeString result = normalizer->normalize(utf16(text), status);
  if (U_FAILURE(status) != 0) {
    throw std::runtime_error("ICU cannot normalize");
  }
  return utf8_of(result);
}

bool latin_or_common(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(c), &status);
  return script == USCRIPT_LATIN || script == USCRIPT_COMMON || script == USCRIPT_INHERITED;
}

const USpoofChecker* spoof_checker() {
  static const std::unique_ptr<USpoofChecker, decltype(&uspoof_close)> checker = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<USpoofChecker, decltype(&uspoof_close)> made(uspoof_open(&status), uspoof_close);
    if (U_FAILURE(status) != 0) {
      throw std::runtime_error("ICU's table of look-alikes is missing");
    }
    return made;
  }();
  return checker.get();
}

// The look-alike that Unicode's table puts in the place of `c`; `c` itself where it resembles nothing.
CodePoints skeleton(char32_t c) {
  const std::string text = utf8(CodePoints(1, c));
  std::string out(64, '\0');
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t length =
      uspoof_getSkeletonUTF8(spoof_checker(), 0, text.data(), static_cast<std::int32_t>(text.size()), out.data(),
                             static_cast<std::int32_t>(out.size()), &status);
  if (U_FAILURE(status) != 0) {
    return CodePoints(1, c);
  }
  out.resize(static_cast<std::size_t>(length));
  return code_points(out).value_or(CodePoints(1, c));
}

}  // namespace

std::optional<CodePoints> code_points(std::string_view text) {
  CodePoints points;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, length, c);
    if (c < 0) {
      return std::nullopt;
    }
    points.push_back(static_cast<char32_t>(c));
  }
  return points;
}

std::string utf8(const CodePoints& text) {
  std::string out;
  icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()), static_cast<std::int32_t>(text.size()))
      .toUTF8String(out);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto points = code_points(text);
  if (!points) {
    return text;
  }
  const auto is_space = [](char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; };
  const auto bytes_of = [](char32_t c) { return static_cast<std::size_t>(U8_LENGTH(static_cast<std::uint32_t>(c))); };
  for (auto c = points->begin(); c != points->end() && is_space(*c); ++c) {
    text.remove_prefix(bytes_of(*c));
  }
  for (auto c = points->rbegin(); !text.empty() && c != points->rend() && is_space(*c); ++c) {
    text.remove_suffix(bytes_of(*c));
  }
  return text;
}

std::string nfc(std::string_view text) { return normalized(text, icu::Normalizer2::getNFCInstance); }

std::string nfkc(std::string_view text) { return normalized(text, icu::Normalizer2::getNFKCInstance); }

std::string fold_case(std::string_view text) { return utf8_of(utf16(text).foldCase(U_FOLD_CASE_DEFAULT)); }

bool looks_latin_but_is_not(std::string_view text) {
  const auto points = code_points(text);
  return points && std::ranges::any_of(*points, [](char32_t c) {
           return !latin_or_common(c) && std::ranges::all_of(skeleton(c), latin_or_common);
         });
}

}  // namespace gatehouse::identity
