#pragma once

#include <string_view>

#include <boost/json.hpp>

#include "project/project.h"

namespace gatehouse::identity {

// What a new login ID has to meet beyond being normalizable. Throws as `normalize` does. `typed`: trimmed.
void check_login_id(const project::Project& project, const project::LoginIdKey& key, std::string_view typed);

[[noreturn]] void refuse_login_id(std::string_view kind, boost::json::object details);

// RFC 5322 3.4.1 with a dot-atom on both sides, non-ASCII characters allowed (RFC 6532); no quoted local part, no
// literal.
bool is_address(std::string_view text);

}  // namespace gatehouse::identity
