#include <algorithm>
#include <array>

#include <openssl/crypto.h>
#include <re2/re2.h>

#include "domain/authenticator/password.h"
#include "platform/base/error.h"

extern "C" {
#include <zxcvbn.h>
}

namespace gatehouse::authenticator {

namespace {

namespace json = boost::json;

// zxcvbn's work grows with the square of the length; what is this long is strong by its first characters.
constexpr std::size_t kJudgedBytes = 100;
constexpr std::int64_t kHighestScore = 4;
// The entropy in bits of 10^3, 10^6, 10^8 and 10^10 guesses, from where on the score is 1, 2, 3, 4.
constexpr std::array<double, 4> kScores{9.966, 19.932, 26.575, 33.219};

// The contract's classes are ASCII's; everything else is a symbol.
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_upper(c) || is_lower(c); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_symbol(char c) { return !is_letter(c) && !is_digit(c); }
bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::int64_t code_points(const std::string& text) { return std::ranges::count_if(text, begins_code_point); }

bool contains_keyword(const std::string& text, const std::vector<std::string>& keywords) {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_literal(true);
  options.set_log_errors(false);
  return std::ranges::any_of(keywords, [&](const std::string& keyword) {
    return !keyword.empty() && RE2::PartialMatch(text, RE2(keyword, options));
  });
}

json::object cause(std::string_view name) { return {{"Name", name}}; }
json::object cause(std::string_view name, json::object info) { return {{"Name", name}, {"Info", std::move(info)}}; }

class Violations {
 public:
  explicit Violations(const Password& password) : text_(password.text()) {}

  void length(std::int64_t least) {
    if (code_points(text_) < least) {
      causes_.push_back(cause("PasswordTooShort", {{"min_length", least}, {"pw_length", text_.size()}}));
    }
  }
  void some(bool required, bool (*is_one)(char), std::string_view name) {
    if (required && std::ranges::none_of(text_, is_one)) {
      causes_.push_back(cause(name));
    }
  }
  void keywords(const std::vector<std::string>& excluded) {
    if (contains_keyword(text_, excluded)) {
      causes_.push_back(cause("PasswordContainingExcludedKeywords"));
    }
  }
  void guessable(std::int64_t least_level, const Password& password, const std::vector<std::string>& user_inputs) {
    if (least_level <= 0) {
      return;
    }
    const std::int64_t score = guessability(password, user_inputs);
    if (score < std::min(least_level - 1, kHighestScore)) {
      causes_.push_back(cause("PasswordBelowGuessableLevel", {{"min_level", least_level}, {"pw_level", score + 1}}));
    }
  }
  const json::array& causes() const { return causes_; }

 private:
  const std::string& text_;
  json::array causes_;
};

}  // namespace

int guessability(const Password& password, const std::vector<std::string>& user_inputs) {
  std::vector<const char*> dictionary;
  dictionary.reserve(user_inputs.size() + 1);
  for (const auto& input : user_inputs) {
    dictionary.push_back(input.c_str());
  }
  dictionary.push_back(nullptr);
  std::string judged = password.text().substr(0, kJudgedBytes);
  const double bits = ZxcvbnMatch(judged.c_str(), dictionary.data(), nullptr);
  OPENSSL_cleanse(judged.data(), judged.size());
  return static_cast<int>(std::ranges::count_if(kScores, [bits](double least) { return bits >= least; }));
}

void check_policy(const project::PasswordPolicy& policy, const Password& password,
                  const std::vector<std::string>& user_inputs) {
  Violations found(password);
  found.length(policy.min_length);
  found.some(policy.uppercase_required, is_upper, "PasswordUppercaseRequired");
  found.some(policy.lowercase_required, is_lower, "PasswordLowercaseRequired");
  found.some(policy.alphabet_required, is_letter, "PasswordAlphabetRequired");
  found.some(policy.digit_required, is_digit, "PasswordDigitRequired");
  found.some(policy.symbol_required, is_symbol, "PasswordSymbolRequired");
  found.keywords(policy.excluded_keywords);
  found.guessable(policy.minimum_guessable_level, password, user_inputs);
  if (!found.causes().empty()) {
    throw Error(ErrorKind::invalid, "PasswordPolicyViolated", "the password does not meet the policy",
                {{"causes", found.causes()}});
  }
}

json::object describe_policy(const project::PasswordPolicy& policy) {
  json::object description;
  const auto flag = [&](std::string_view name, bool required) {
    if (required) {
      description[name] = true;
    }
  };
  if (policy.min_length > 0) {
    description["minimum_length"] = policy.min_length;
  }
  flag("uppercase_required", policy.uppercase_required);
  flag("lowercase_required", policy.lowercase_required);
  flag("alphabet_required", policy.alphabet_required);
  flag("digit_required", policy.digit_required);
  flag("symbol_required", policy.symbol_required);
  if (policy.minimum_guessable_level > 0) {
    description["minimum_zxcvbn_score"] = policy.minimum_guessable_level - 1;
  }
  if (!policy.excluded_keywords.empty()) {
    description["excluded_keywords"] = json::value_from(policy.excluded_keywords);
  }
  json::object history{{"enabled", policy.history_size > 0 || policy.history_days > 0}};
  if (policy.history_size > 0) {
    history["size"] = policy.history_size;
  }
  if (policy.history_days > 0) {
    history["days"] = policy.history_days;
  }
  description["history"] = std::move(history);
  return description;
}

}  // namespace gatehouse::authenticator
