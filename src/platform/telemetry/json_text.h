#pragma once

#include <string>
#include <string_view>

namespace gatehouse::telemetry {

// Appends `text` as a JSON string (RFC 8259 7) with its quotes. Bytes that are not UTF-8 become U+FFFD, so that one bad
// header never makes a log line unreadable.
void append_json_string(std::string& out, std::string_view text);

}  // namespace gatehouse::telemetry
