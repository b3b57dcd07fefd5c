#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json.hpp>

#include "platform/base/strict_json.h"

// What the strict parser takes, Boost.JSON takes too, with the same meaning; written and read again it stays the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = gatehouse::parse_strict_object(text);
  if (!strict) {
    return 0;
  }
  boost::system::error_code broken;
  const auto loose = boost::json::parse(text, broken);
  if (broken || loose != boost::json::value(*strict)) {
    std::abort();
  }
  const auto again = gatehouse::parse_strict_object(boost::json::serialize(*strict));
  if (!again || *again != *strict) {
    std::abort();
  }
  return 0;
}
