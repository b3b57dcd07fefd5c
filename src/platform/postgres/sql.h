#pragma once

#include <string_view>

#include "platform/base/ascii.h"

namespace gatehouse::postgres {

constexpr bool is_white_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Whether `text` starts with `word` (lower case) in any case, and white space behind it.
constexpr bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() > word.size() && is_white_space(text[word.size()]) &&
         equals_ignoring_case(text.substr(0, word.size()), word);
}

// True for "SELECT … FROM …": repeated without harm. A SELECT without FROM calls a function that may write.
constexpr bool is_read(std::string_view text) {
  while (!text.empty() && is_white_space(text.front())) {
    text.remove_prefix(1);
  }
  if (!starts_with_word(text, "select")) {
    return false;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_white_space(text[i - 1]) && starts_with_word(text.substr(i), "from")) {
      return true;
    }
  }
  return false;
}

// SQL text with static storage: its address names the prepared statement.
class Sql {
 public:
  consteval Sql(const char* text) : text_(text), reads_(is_read(text)) {}  // NOLINT(google-explicit-constructor)
  const char* text() const { return text_; }
  bool reads() const { return reads_; }  // see is_read

 private:
  const char* text_;
  bool reads_;
};

}  // namespace gatehouse::postgres
