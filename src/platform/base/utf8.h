#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// The length of the well-formed character at the start of `bytes`; 0 where there is none.
std::size_t utf8_length(std::string_view bytes);

// At most `limit` bytes of `bytes`, not cut inside a character; each byte that is not UTF-8 becomes '?'.
std::string utf8_or_question_marks(std::string_view bytes, std::size_t limit);

}  // namespace gatehouse
