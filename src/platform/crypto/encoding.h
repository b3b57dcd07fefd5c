#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

std::string hex(std::string_view bytes);                           // lower case
std::optional<std::string> from_hex(std::string_view text);        // either case
std::string base64(std::string_view bytes);                        // RFC 4648 4, padded
std::optional<std::string> from_base64(std::string_view text);     // strict
std::string base64url(std::string_view bytes);                     // RFC 4648 5, no padding
std::optional<std::string> from_base64url(std::string_view text);  // strict: no padding, no spare bits

}  // namespace gatehouse::crypto
