#include "platform/template/translation.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <unordered_map>
#include <variant>

#include <boost/json.hpp>
#include <unicode/locid.h>
#include <unicode/messagepattern.h>
#include <unicode/msgfmt.h>
#include <unicode/unistr.h>

namespace gatehouse::text {

namespace {

std::string to_utf8(const icu::UnicodeString& text) {
  std::string utf8;
  return text.toUTF8String(utf8);
}

// A pattern of plain {name} arguments needs no ICU at run time: text and names in turn.
struct Piece {
  std::string text;
  bool is_argument = false;
};
using Pieces = std::vector<Piece>;

// A pattern with plural, select, number …: the format, and the arguments that it takes as numbers.
struct Complex {
  std::string pattern;
  icu::MessageFormat format;
  std::vector<std::string> numbers;
};

using Text = std::variant<Pieces, std::unique_ptr<const Complex>>;

bool is_plain(const icu::MessagePattern& parsed) {
  for (int32_t i = 0; i < parsed.countParts(); ++i) {
    const auto& part = parsed.getPart(i);
    if (part.getType() == UMSGPAT_PART_TYPE_ARG_START && part.getArgType() != UMSGPAT_ARG_TYPE_NONE) {
      return false;
    }
  }
  return true;
}

Pieces to_pieces(const icu::MessagePattern& parsed) {
  Pieces pieces;
  const icu::UnicodeString& pattern = parsed.getPatternString();
  icu::UnicodeString text;
  int32_t from = 0;
  for (int32_t i = 0; i < parsed.countParts(); ++i) {
    const auto& part = parsed.getPart(i);
    const bool argument = part.getType() == UMSGPAT_PART_TYPE_ARG_START;
    if (argument || part.getType() == UMSGPAT_PART_TYPE_SKIP_SYNTAX || part.getType() == UMSGPAT_PART_TYPE_MSG_LIMIT) {
      text.append(pattern, from, part.getIndex() - from);
      from = part.getLimit();
    }
    if (argument) {
      pieces.push_back({to_utf8(text), false});
      text.remove();
      pieces.push_back({to_utf8(parsed.getSubstring(parsed.getPart(i + 1))), true});
      i = parsed.getLimitPartIndex(i);
      from = parsed.getPart(i).getLimit();
    }
  }
  pieces.push_back({to_utf8(text), false});
  return pieces;
}

std::vector<std::string> number_arguments(const icu::MessagePattern& parsed) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < parsed.countParts(); ++i) {
    const auto& part = parsed.getPart(i);
    if (part.getType() != UMSGPAT_PART_TYPE_ARG_START) {
      continue;
    }
    const UMessagePatternArgType type = part.getArgType();
    if (type != UMSGPAT_ARG_TYPE_NONE && type != UMSGPAT_ARG_TYPE_SELECT) {
      names.push_back(to_utf8(parsed.getSubstring(parsed.getPart(i + 1))));
    }
  }
  return names;
}

Text parse_text(const std::string& key, std::string_view pattern, const icu::Locale& locale) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where{};
  const icu::UnicodeString utf16 = icu::UnicodeString::fromUTF8(icu::StringPiece(pattern.data(), pattern.size()));
  const icu::MessagePattern parsed(utf16, &where, status);
  if (U_SUCCESS(status) && is_plain(parsed)) {
    return to_pieces(parsed);
  }
  icu::MessageFormat format(utf16, locale, status);
  if (U_FAILURE(status)) {
    throw std::runtime_error("translation \"" + key + "\": " + u_errorName(status) + " at character " +
                             std::to_string(where.offset));
  }
  return std::make_unique<const Complex>(std::string(pattern), std::move(format), number_arguments(parsed));
}

std::string format_pieces(const Pieces& pieces, const Arguments& arguments) {
  std::string out;
  for (const Piece& piece : pieces) {
    if (!piece.is_argument) {
      out += piece.text;
    } else if (const auto found = arguments.find(piece.text); found != arguments.end()) {
      out += found->second;
    } else {
      out += "{" + piece.text + "}";
    }
  }
  return out;
}

std::string format_complex(const Complex& text, const Arguments& arguments) {
  std::vector<icu::UnicodeString> names;
  std::vector<icu::Formattable> values;
  for (const auto& [name, value] : arguments) {
    names.push_back(icu::UnicodeString::fromUTF8(name));
    const bool number = std::ranges::find(text.numbers, name) != text.numbers.end() && !value.empty() &&
                        value.size() < 18 && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    values.push_back(number ? icu::Formattable(static_cast<int64_t>(std::stoll(value)))
                            : icu::Formattable(icu::UnicodeString::fromUTF8(value)));
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString out;
  const icu::MessageFormat own(text.format);  // formatting fills caches inside: not safe to share between threads
  own.format(names.data(), values.data(), static_cast<int32_t>(names.size()), out, status);
  return U_FAILURE(status) ? text.pattern : to_utf8(out);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return out;
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 35 && std::ranges::all_of(tag, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// RFC 4647 3.4: the last subtag goes, and with it a single letter before it.
void drop_subtag(std::string& range) {
  range.resize(range.contains('-') ? range.rfind('-') : 0);
  if (range.size() >= 2 && range[range.size() - 2] == '-') {
    range.resize(range.size() - 2);
  }
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "q=0.8" in thousandths; RFC 9110 12.4.2. 0 for anything else.
int parse_quality(std::string_view parameter) {
  parameter = trim(parameter);
  if (!parameter.starts_with("q=") || parameter.size() < 3 || parameter.size() > 7) {
    return 0;
  }
  int quality = 0;
  int scale = 1000;
  for (const char c : parameter.substr(2)) {
    if (c >= '0' && c <= '9') {
      quality += (c - '0') * scale;
      scale /= 10;
    } else if (c != '.') {
      return 0;
    }
  }
  return std::min(quality, 1000);
}

}  // namespace

struct Translations::Impl {
  std::string language;
  bool right_to_left = false;
  std::unordered_map<std::string, Text> texts;
  std::shared_ptr<const Translations> fallback;

  const Text* find(std::string_view key) const {
    const auto found = texts.find(std::string(key));
    if (found != texts.end()) {
      return &found->second;
    }
    return fallback ? fallback->impl_->find(key) : nullptr;
  }
};

Translations::Translations(std::string language, const std::vector<std::string_view>& json,
                           std::shared_ptr<const Translations> fallback) {
  auto impl = std::make_unique<Impl>();
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale = icu::Locale::forLanguageTag(language, status);
  impl->language = std::move(language);
  impl->right_to_left = locale.isRightToLeft() != 0;
  impl->fallback = std::move(fallback);
  for (const std::string_view file : json) {
    const boost::json::value parsed = boost::json::parse(file);
    if (!parsed.is_object()) {
      throw std::runtime_error("translations of " + impl->language + ": not a JSON object");
    }
    for (const auto& [key, value] : parsed.get_object()) {
      if (!value.is_string()) {
        throw std::runtime_error("translation \"" + std::string(key) + "\": not a string");
      }
      impl->texts.insert_or_assign(std::string(key), parse_text(std::string(key), value.get_string(), locale));
    }
  }
  impl_ = std::move(impl);
}

Translations::~Translations() = default;

const std::string& Translations::language() const { return impl_->language; }
bool Translations::right_to_left() const { return impl_->right_to_left; }
bool Translations::has(std::string_view key) const { return impl_->find(key) != nullptr; }

std::string Translations::operator()(std::string_view key, const Arguments& arguments) const {
  const Text* text = impl_->find(key);
  if (text == nullptr) {
    return std::string(key);
  }
  if (const auto* pieces = std::get_if<Pieces>(text)) {
    return format_pieces(*pieces, arguments);
  }
  return format_complex(*std::get<std::unique_ptr<const Complex>>(*text), arguments);
}

std::string match_language(const std::vector<std::string>& wanted, const std::vector<std::string>& supported,
                           const std::string& fallback) {
  for (const std::string& want : wanted) {
    if (!is_tag(want)) {
      continue;
    }
    for (std::string range = lower(want); !range.empty(); drop_subtag(range)) {
      const auto found = std::ranges::find(supported, range, lower);
      if (found != supported.end()) {
        return *found;
      }
    }
  }
  return fallback;
}

std::vector<std::string> parse_accept_language(std::string_view header) {
  std::vector<std::tuple<int, std::size_t, std::string>> ranges;  // worst quality last, else as they came
  while (!header.empty() && ranges.size() < 20) {
    const std::size_t comma = std::min(header.find(','), header.size());
    const std::string_view item = header.substr(0, comma);
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view tag = trim(item.substr(0, semicolon));
    const int quality = semicolon == item.size() ? 1000 : parse_quality(item.substr(semicolon + 1));
    if (is_tag(tag) && quality > 0) {
      ranges.emplace_back(-quality, ranges.size(), tag);
    }
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
  std::ranges::sort(ranges);
  std::vector<std::string> tags;
  tags.reserve(ranges.size());
  for (auto& [quality, position, tag] : ranges) {
    tags.push_back(std::move(tag));
  }
  return tags;
}

std::string language_name(const std::string& tag) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale = icu::Locale::forLanguageTag(tag, status);
  if (U_FAILURE(status) || locale.isBogus()) {
    return tag;
  }
  icu::UnicodeString name;
  locale.getDisplayName(locale, name);
  if (name.isEmpty()) {
    return tag;
  }
  icu::UnicodeString first(name, 0, name.moveIndex32(0, 1));
  first.toUpper(locale);
  return to_utf8(name.replace(0, name.moveIndex32(0, 1), first));
}

}  // namespace gatehouse::text
