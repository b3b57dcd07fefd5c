#include "platform/base/json_text.h"

#include <boost/json.hpp>

namespace gatehouse {

std::string text_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace gatehouse
