#pragma once

#include <optional>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace gatehouse {

// JSON that a stranger sent: one object (RFC 8259) in UTF-8, no member name twice, no number beyond a double,
// at most 32 levels deep, nothing after it. Nothing for anything else.
std::optional<boost::json::object> parse_strict_object(std::string_view text);

}  // namespace gatehouse
