#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "project/yaml.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, text) != names.end();
}

constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite{".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                                      "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

int base_of(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') {
    return 10;
  }
  const char mark = static_cast<char>(digits[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

// A whole number in any of YAML 1.1's bases; as a double where 64 bits do not hold it.
std::optional<json::value> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const int base = base_of(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument) {
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range || (negative && value > std::uint64_t{1} << 63U)) {
    if (base != 10) {
      return std::nullopt;
    }
    double big = 0;
    std::from_chars(text.data(), text.data() + text.size(), big);
    return std::isfinite(big) ? std::optional<json::value>{negative ? -big : big} : std::nullopt;
  }
  if (negative) {
    return json::value(static_cast<std::int64_t>(~value + 1));
  }
  return value > std::uint64_t{INT64_MAX} ? json::value(value) : json::value(static_cast<std::int64_t>(value));
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
std::optional<json::value> decimal_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const bool numeric = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'; });
  if (!numeric || text.empty() || text.front() == '+' || text.front() == '-' || text == ".") {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return json::value(negative ? -value : value);
}

}  // namespace

std::optional<json::value> plain_scalar(std::string_view text) {
  if (is_one_of(text, kTrue)) {
    return json::value(true);
  }
  if (is_one_of(text, kFalse)) {
    return json::value(false);
  }
  if (is_one_of(text, kNull)) {
    return json::value(nullptr);
  }
  if (is_one_of(text, kNotFinite)) {
    return std::nullopt;
  }
  const char first = text.front();
  if ((first >= '0' && first <= '9') || first == '+' || first == '-' || first == '.') {
    std::string digits(text);
    std::erase(digits, '_');
    if (auto number = whole_number(digits)) {
      return number;
    }
    if (auto number = decimal_number(digits)) {
      return number;
    }
  }
  return json::value(text);
}

}  // namespace gatehouse::project
