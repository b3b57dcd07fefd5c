#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Unicode on UTF-8 text, by ICU's tables.
namespace gatehouse::identity {

using CodePoints = std::u32string;

std::optional<CodePoints> code_points(std::string_view utf8);  // nothing for what is not UTF-8
std::string utf8(const CodePoints& text);

std::string_view trimmed(std::string_view utf8);  // of Unicode white space at both ends
std::string nfc(std::string_view utf8);           // of valid UTF-8, as all below
std::string nfkc(std::string_view utf8);
std::string fold_case(std::string_view utf8);  // full folding: "ß" becomes "ss"

// RFC 3492 for each label that is not ASCII, with the prefix "xn--". Nothing for a label that begins so and is no
// Punycode.
std::optional<std::string> punycode_domain(std::string_view domain);

// A character that is neither Latin nor common to all scripts, but looks like one that is.
bool looks_latin_but_is_not(std::string_view utf8);

}  // namespace gatehouse::identity
