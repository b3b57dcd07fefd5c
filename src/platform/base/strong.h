#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace gatehouse {

// A string that must not be mixed up with another one: `using UserId = StrongString<struct UserIdTag>;`
template <class Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string value) : value_(std::move(value)) {}

  const std::string& str() const& noexcept { return value_; }
  std::string str() && noexcept { return std::move(value_); }
  bool empty() const noexcept { return value_.empty(); }

  auto operator<=>(const StrongString&) const = default;

 private:
  std::string value_;
};

}  // namespace gatehouse

template <class Tag>
struct std::hash<gatehouse::StrongString<Tag>> {
  std::size_t operator()(const gatehouse::StrongString<Tag>& s) const noexcept {
    return std::hash<std::string>{}(s.str());
  }
};
