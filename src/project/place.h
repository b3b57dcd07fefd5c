#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "platform/base/time.h"

namespace gatehouse::project {

// One place in a file that its schema has accepted, there or not. As in the contract an empty text and a zero count as
// absent, while a boolean that was written stays what it is.
class Place {
 public:
  explicit Place(const boost::json::value* value) : value_(value) {}

  Place operator[](std::string_view key) const;
  std::vector<Place> items() const;  // of an array

  bool is_there() const { return value_ != nullptr && !value_->is_null(); }
  const boost::json::value* json() const { return value_; }

  std::string text(std::string_view otherwise = {}) const;
  std::int64_t whole(std::int64_t otherwise = 0) const;
  double number(double otherwise) const;
  bool flag(bool otherwise = false) const;
  Seconds seconds(Seconds otherwise) const;            // at most some 300 years either way
  Micros duration(Micros otherwise = Micros{}) const;  // Go's notation
  // An array that was written stays, even if it is empty.
  std::vector<std::string> texts(std::vector<std::string> otherwise = {}) const;

 private:
  const boost::json::value* value_;
};

}  // namespace gatehouse::project
