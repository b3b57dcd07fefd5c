#pragma once

#include <optional>
#include <string>
#include <string_view>

// PRECIS (RFC 8264) on ICU's properties: preparation and enforcement of comparable strings.
namespace gatehouse::identity {

enum class StringClass { identifier, freeform };  // RFC 8264 4.2, 4.3
enum class Direction { any, bidi_rule };          // RFC 5893 2

// Full case folding, NFC, then the check against the class with its context rules (RFC 5892 A). Nothing for what the
// class does not allow, for what is empty and for what is not UTF-8.
std::optional<std::string> enforce_folded(std::string_view utf8, StringClass string_class, Direction direction);

}  // namespace gatehouse::identity
