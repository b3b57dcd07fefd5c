#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace gatehouse {

// The text of this member; empty where there is none, or it is no text. For reading tolerantly what another version or
// somebody else wrote.
std::string text_at(const boost::json::object& object, std::string_view key);

}  // namespace gatehouse
