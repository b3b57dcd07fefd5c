#include "platform/postgres/result.h"

#include <charconv>
#include <libpq-fe.h>
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "platform/crypto/encoding.h"

namespace gatehouse::postgres {

namespace {

// The text itself is not told: it may be a secret.
[[noreturn]] void unfit(std::string_view wanted) {
  throw std::runtime_error(fmt::format("a column's text is not a {}", wanted));
}

template <class T>
T number(std::string_view text, std::string_view wanted) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    unfit(wanted);
  }
  return value;
}

// Takes digits off the front, and the separator that must follow them.
int take_number(std::string_view& text, char separator, std::string_view wanted) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) {
    unfit(wanted);
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (separator == '\0') {
    return value;
  }
  if (text.empty() || text.front() != separator) {
    unfit(wanted);
  }
  text.remove_prefix(1);
  return value;
}

// "2026-11-25", the rest stays.
std::chrono::sys_days take_date(std::string_view& text, std::string_view wanted) {
  const int year = take_number(text, '-', wanted);
  const int month = take_number(text, '-', wanted);
  const int day = take_number(text, '\0', wanted);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) {
    unfit(wanted);
  }
  return date;
}

// ".123456" or nothing.
Micros take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') {
    return Micros{0};
  }
  text.remove_prefix(1);
  std::int64_t micros = 0;
  std::int64_t scale = 1'000'000;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    micros = micros * 10 + (text.front() - '0');
    scale /= 10;
    text.remove_prefix(1);
  }
  return Micros{micros * scale};
}

// "+00", "-03:30" or nothing.
Seconds take_offset(std::string_view& text, std::string_view wanted) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) {
    return Seconds{0};
  }
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  int unit = 3600;
  int seconds = take_number(text, '\0', wanted) * unit;
  while (!text.empty() && text.front() == ':' && unit > 1) {
    text.remove_prefix(1);
    unit /= 60;
    seconds += take_number(text, '\0', wanted) * unit;
  }
  return Seconds{sign * seconds};
}

// One element of an array's text: "quoted with \ escapes" or bare.
std::string take_element(std::string_view& text) {
  std::string element;
  const bool quoted = text.front() == '"';
  if (quoted) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (quoted ? text.front() != '"' : text.front() != ',' && text.front() != '}')) {
    if (text.front() == '\\') {
      text.remove_prefix(1);
    }
    if (text.empty()) {
      unfit("text[]");
    }
    element.push_back(text.front());
    text.remove_prefix(1);
  }
  if (quoted && !text.empty()) {
    text.remove_prefix(1);
  }
  if (!quoted && element == "NULL") {
    unfit("text[] without NULL");
  }
  return element;
}

}  // namespace

void Params::add(double value) { values_.emplace_back(fmt::format("{}", value)); }

void Params::add(TimePoint value) { values_.emplace_back(rfc3339(value)); }

void Params::add(std::chrono::sys_days value) {
  const std::chrono::year_month_day date{value};
  values_.emplace_back(fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())));
}

void Params::add(const Binary& value) { values_.emplace_back("\\x" + crypto::hex(value.bytes)); }

void Params::add(const boost::json::value& value) { values_.emplace_back(boost::json::serialize(value)); }

void Params::add(const boost::json::object& value) { values_.emplace_back(boost::json::serialize(value)); }

void Params::add(const std::vector<std::string>& values) {
  std::string text = "{";
  for (const auto& value : values) {
    text += text.size() > 1 ? ",\"" : "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') {
        text.push_back('\\');
      }
      text.push_back(c);
    }
    text.push_back('"');
  }
  values_.emplace_back(text + "}");
}

void decode(std::string_view text, std::string& out) { out = text; }

void decode(std::string_view text, bool& out) {
  if (text != "t" && text != "f") {
    unfit("boolean");
  }
  out = text == "t";
}

void decode(std::string_view text, std::int16_t& out) { out = number<std::int16_t>(text, "smallint"); }
void decode(std::string_view text, std::int32_t& out) { out = number<std::int32_t>(text, "integer"); }
void decode(std::string_view text, std::int64_t& out) { out = number<std::int64_t>(text, "bigint"); }
void decode(std::string_view text, double& out) { out = number<double>(text, "double precision"); }

void decode(std::string_view text, std::chrono::sys_days& out) {
  out = take_date(text, "date");
  if (!text.empty()) {
    unfit("date");
  }
}

void decode(std::string_view text, TimePoint& out) {
  static constexpr std::string_view kWanted = "timestamp";
  const auto date = take_date(text, kWanted);
  if (text.empty() || text.front() != ' ') {
    unfit(kWanted);
  }
  text.remove_prefix(1);
  const std::chrono::hours hours{take_number(text, ':', kWanted)};
  const std::chrono::minutes minutes{take_number(text, ':', kWanted)};
  const Seconds seconds{take_number(text, '\0', kWanted)};
  const Micros fraction = take_fraction(text);
  const Seconds offset = take_offset(text, kWanted);
  if (!text.empty()) {
    unfit(kWanted);
  }
  out = TimePoint{date} + hours + minutes + seconds + fraction - offset;
}

void decode(std::string_view text, Binary& out) {
  if (!text.starts_with("\\x")) {
    unfit("bytea");
  }
  auto bytes = crypto::from_hex(text.substr(2));
  if (!bytes) {
    unfit("bytea");
  }
  out.bytes = std::move(*bytes);
}

void decode(std::string_view text, boost::json::value& out) {
  boost::json::error_code error;
  out = boost::json::parse({text.data(), text.size()}, error);
  if (error) {
    unfit("json");
  }
}

void decode(std::string_view text, boost::json::object& out) {
  boost::json::value value;
  decode(text, value);
  if (!value.is_object()) {
    unfit("json object");
  }
  out = std::move(value.get_object());
}

void decode(std::string_view text, std::vector<std::string>& out) {
  out.clear();
  if (!text.starts_with('{') || !text.ends_with('}') || text.starts_with("{{")) {
    unfit("text[]");
  }
  text.remove_prefix(1);
  while (!text.empty() && text != "}") {
    out.push_back(take_element(text));
    if (!text.empty() && text.front() == ',') {
      text.remove_prefix(1);
    }
  }
}

Result::Result(pg_result* owned) : result_(owned, &PQclear) {}

std::size_t Result::rows() const { return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0; }

std::size_t Result::columns() const { return result_ ? static_cast<std::size_t>(PQnfields(result_.get())) : 0; }

std::int64_t Result::affected() const {
  const std::string_view text = result_ ? PQcmdTuples(result_.get()) : "";
  return text.empty() ? 0 : number<std::int64_t>(text, "count");
}

std::optional<std::string_view> Result::at(std::size_t row, std::size_t column) const {
  if (row >= rows() || column >= columns()) {
    throw std::logic_error("a result has no such row or column");
  }
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  if (PQgetisnull(result_.get(), r, c) != 0) {
    return std::nullopt;
  }
  return std::string_view{PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}

std::string_view Result::required(std::size_t row, std::size_t column) const {
  const auto text = at(row, column);
  if (!text) {
    throw std::runtime_error(fmt::format("column {} is NULL", PQfname(result_.get(), static_cast<int>(column))));
  }
  return *text;
}

}  // namespace gatehouse::postgres
