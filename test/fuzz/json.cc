#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json.hpp>

#include "platform/base/strict_json.h"

namespace {

namespace json = boost::json;

// Boost.JSON reads a number with a fraction, an exponent or more than 64 bits to the last bit or its neighbour.
bool alike(double a, double b) { return a == b || std::abs(a - b) <= std::abs(a) * 1e-15; }

bool alike(const json::value& a, const json::value& b) {
  if (a.is_double() && b.is_double()) {
    return alike(a.get_double(), b.get_double());
  }
  if (a.is_array() && b.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), [](const auto& x, const auto& y) { return alike(x, y); });
  }
  if (a.is_object() && b.is_object()) {
    return std::ranges::equal(a.get_object(), b.get_object(), [](const auto& x, const auto& y) {
      return x.key() == y.key() && alike(x.value(), y.value());
    });
  }
  return a == b;
}

}  // namespace

// What the strict parser takes, Boost.JSON takes too, with the same meaning; written and read again it stays the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = gatehouse::parse_strict_object(text);
  if (!strict) {
    return 0;
  }
  boost::system::error_code broken;
  const auto loose = json::parse(text, broken);
  if (broken || !alike(loose, json::value(*strict))) {
    std::abort();
  }
  const auto again = gatehouse::parse_strict_object(json::serialize(*strict));
  if (!again || !alike(json::value(*again), json::value(*strict))) {
    std::abort();
  }
  return 0;
}
