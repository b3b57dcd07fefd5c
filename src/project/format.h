#pragma once

#include <optional>
#include <string_view>

namespace gatehouse::project {

// A string format of the contract's schemas (config-defaults: "String formats").
struct Format {
  std::string_view name;
  bool (*accepts)(std::string_view);
  std::string_view must;  // "must be …", for a message
};

// Null for a format that is not known.
const Format* find_format(std::string_view name);

bool is_absolute_uri(std::string_view text);        // with scheme and host; no "..", "." or "//" in the path
bool is_http_origin(std::string_view text);         // http(s)://host[:port]
bool is_language_tag(std::string_view text);        // BCP 47, canonical
bool is_email_address(std::string_view text);       // RFC 5322 addr-spec, also in angle brackets
bool is_named_address(std::string_view text);       // the same with or without a display name
bool is_regular_expression(std::string_view text);  // RE2's syntax

}  // namespace gatehouse::project
