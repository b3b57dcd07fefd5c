#pragma once

#include <string>
#include <string_view>

#include "platform/base/time.h"

namespace gatehouse {

// RFC 9562, lower-case text form with dashes.
std::string uuid_v4();
std::string uuid_v7(TimePoint now);

// True for 36 characters in the 8-4-4-4-12 form, any version.
bool is_uuid(std::string_view text);

}  // namespace gatehouse
