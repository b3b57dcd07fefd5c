#include "project/duration.h"

#include <array>
#include <cctype>
#include <utility>

namespace gatehouse::project {
namespace {

// "µs" comes with both of Unicode's micro signs.
constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{{{"ns", 1e0},
                                                                     {"us", 1e3},
                                                                     {"\u00b5s", 1e3},
                                                                     {"\u03bcs", 1e3},
                                                                     {"ms", 1e6},
                                                                     {"s", 1e9},
                                                                     {"m", 60e9},
                                                                     {"h", 3600e9}}};
constexpr double kLongest = 9'223'372'036'854'775'000.0;  // nanoseconds

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes "12", "1.5" or ".5" off the front.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
    value = value * 10 + (text.front() - '0');
  }
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    for (double scale = 0.1; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits, scale /= 10) {
      value += (text.front() - '0') * scale;
    }
  }
  return digits == 0 ? std::nullopt : std::optional{value};
}

std::optional<double> take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] != '.' && !is_digit(text[length])) {
    ++length;
  }
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (unit == name) {
      return nanoseconds;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Micros> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text == "0") {
    return Micros{0};
  }
  if (text.empty()) {
    return std::nullopt;
  }
  double nanoseconds = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = number ? take_unit(text) : std::nullopt;
    if (!unit) {
      return std::nullopt;
    }
    nanoseconds += *number * *unit;
    if (nanoseconds > kLongest) {
      return std::nullopt;
    }
  }
  // Half a nanosecond takes up what fractions lose in binary ("0.3s").
  const Micros value{static_cast<std::int64_t>((nanoseconds + 0.5) / 1000)};
  return negative ? -value : value;
}

}  // namespace gatehouse::project
