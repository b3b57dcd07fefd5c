#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::text {

using Arguments = std::map<std::string, std::string, std::less<>>;

// Texts of one language by key, each an ICU MessageFormat pattern: {"login.title": "Sign in to {app}"}.
class Translations {
 public:
  // `json`: one object of strings. Later files laid over earlier ones win. Throws std::runtime_error naming the key
  // whose pattern does not parse.
  Translations(std::string language, const std::vector<std::string_view>& json,
               std::shared_ptr<const Translations> fallback);
  ~Translations();

  const std::string& language() const;  // BCP 47
  bool right_to_left() const;
  bool has(std::string_view key) const;
  // The text; the key itself where no language has it (a test finds such keys). Arguments are text; one that the
  // pattern uses as a number ({n, plural, …}, {n, number}) must be written in digits, else the pattern itself is given.
  std::string operator()(std::string_view key, const Arguments& arguments = {}) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

// The best of `supported` for what the user asked for (`ui_locales`, then Accept-Language), RFC 4647 lookup; `fallback`
// where nothing fits. Input may be anything.
std::string match_language(const std::vector<std::string>& wanted, const std::vector<std::string>& supported,
                           const std::string& fallback);
std::vector<std::string> parse_accept_language(std::string_view header);  // by quality, at most 20

// The language's name in itself, as its speakers start a line with it: "Deutsch", "العربية". The tag where ICU knows
// none.
std::string language_name(const std::string& tag);

}  // namespace gatehouse::text
