#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/base/time.h"

namespace gatehouse::project {

// Go's notation: "300ms", "1h30m", "24h"; units ns, us, µs, ms, s, m, h, fractions, an optional sign. Nothing for
// anything else and for what is beyond ±292 years. Truncated to microseconds.
std::optional<Micros> parse_duration(std::string_view text);

}  // namespace gatehouse::project
