#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11.hpp>

#include "platform/base/strong.h"
#include "platform/base/time.h"
#include "platform/postgres/sql.h"

struct pg_result;

namespace gatehouse::postgres {

using Bytes = std::string;  // bytea

// Tells a bytea parameter or column from text.
struct Binary {
  Bytes bytes;
};

// Encoded parameters ($1, $2 …), text format. Accepts strings, StrongString, numbers, bool, TimePoint, Binary, JSON
// values, vectors of strings (text[]) and std::optional of them.
class Params {
 public:
  Params() = default;
  template <class... Args>
  explicit Params(const Args&... args) {
    values_.reserve(sizeof...(Args));
    (add(args), ...);
  }

  void add(std::string_view text) { values_.emplace_back(std::string(text)); }
  void add(const char* text) { values_.emplace_back(std::string(text)); }
  void add(const std::string& text) { values_.emplace_back(text); }
  template <class Tag>
  void add(const StrongString<Tag>& text) {
    values_.emplace_back(text.str());
  }
  void add(bool value) { values_.emplace_back(value ? "t" : "f"); }
  void add(std::integral auto value) { values_.emplace_back(std::to_string(value)); }
  void add(double value);
  void add(TimePoint value);
  void add(std::chrono::sys_days value);
  void add(const Binary& value);
  void add(const boost::json::value& value);
  void add(const boost::json::object& value);
  void add(const std::vector<std::string>& values);
  void add(std::nullopt_t) { values_.emplace_back(std::nullopt); }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      values_.emplace_back(std::nullopt);
    }
  }

  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  std::vector<std::optional<std::string>> values_;
};

// A column's text becomes a C++ value. Throws std::runtime_error for text that does not fit (a bug, not an input
// error).
void decode(std::string_view text, std::string& out);
void decode(std::string_view text, bool& out);
void decode(std::string_view text, std::int16_t& out);
void decode(std::string_view text, std::int32_t& out);
void decode(std::string_view text, std::int64_t& out);
void decode(std::string_view text, double& out);
void decode(std::string_view text, TimePoint& out);  // timestamp (UTC) and timestamptz
void decode(std::string_view text, std::chrono::sys_days& out);
void decode(std::string_view text, Binary& out);
void decode(std::string_view text, boost::json::value& out);
void decode(std::string_view text, boost::json::object& out);
void decode(std::string_view text, std::vector<std::string>& out);
template <class Tag>
void decode(std::string_view text, StrongString<Tag>& out) {
  out = StrongString<Tag>{std::string(text)};
}

// The rows of one statement.
class Result {
 public:
  Result() = default;
  explicit Result(pg_result* owned);

  std::size_t rows() const;
  std::size_t columns() const;
  std::int64_t affected() const;
  std::optional<std::string_view> at(std::size_t row, std::size_t column) const;  // nothing for NULL

  // Row `row` as T, from `column` on: a described struct (members in the order of the columns, std::optional for
  // nullable ones), or a single value.
  template <class T>
  T as(std::size_t row, std::size_t column = 0) const {
    if constexpr (boost::describe::has_describe_members<T>::value) {
      T value{};
      boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_any_access>>(
          [&](auto member) { read(row, column++, value.*member.pointer); });
      return value;
    } else {
      T value{};
      read(row, column, value);
      return value;
    }
  }

 private:
  template <class T>
  void read(std::size_t row, std::size_t column, T& out) const {
    decode(required(row, column), out);
  }
  template <class T>
  void read(std::size_t row, std::size_t column, std::optional<T>& out) const {
    if (const auto text = at(row, column)) {
      decode(*text, out.emplace());
    }
  }
  std::string_view required(std::size_t row, std::size_t column) const;  // throws for NULL

  std::shared_ptr<pg_result> result_;
};

}  // namespace gatehouse::postgres
