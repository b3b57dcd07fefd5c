#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/json.hpp>

#include "platform/base/error.h"

namespace gatehouse::flow {

using Input = boost::json::object;

// What a step takes: an object that fits one of the shapes. Keys that a shape does not name are ignored.
struct InputKey {
  enum class Type { string, boolean };

  std::string name;
  Type type = Type::string;
  bool required = true;
  std::optional<boost::json::value> constant;
  std::size_t min_length = 0;  // of strings, in characters
};

InputKey text_key(std::string name);                                   // any string
InputKey constant_key(std::string name, boost::json::value constant);  // a string or boolean, this one only

using InputShape = std::vector<InputKey>;

struct InputSchema {
  std::vector<InputShape> one_of;
};

// Index of the first shape that fits, or the causes of the contract's ValidationFailed: [{location, kind, details}].
std::variant<std::size_t, boost::json::array> match(const InputSchema& schema, const Input& input);

Error validation_failed(boost::json::array causes);

}  // namespace gatehouse::flow
