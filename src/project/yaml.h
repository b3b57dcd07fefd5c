#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gatehouse::project {

// What is wrong with a YAML text, "line 3, column 5: …". Says nothing of the text's content.
class YamlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct YamlLimits {
  std::size_t bytes = std::size_t{100} * 1024;
  std::size_t depth = 32;
  std::size_t nodes = 20'000;  // after aliases are expanded
  std::size_t aliases = 100;
};

// One YAML document as JSON, typed as the contract's loader does (YAML 1.1: yes, on and off are booleans, 0x10 and 0o7
// are numbers; quoted is text). No duplicate keys, no recursive aliases; the merge key "<<" is an ordinary key.
boost::json::value parse_yaml(std::string_view text, const YamlLimits& limits = {});

// The value of an unquoted scalar; nothing for infinity and NaN, which JSON does not have.
std::optional<boost::json::value> plain_scalar(std::string_view text);

}  // namespace gatehouse::project
