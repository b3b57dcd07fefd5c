#include "endpoint/authui/sentences.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "platform/base/json_text.h"

namespace gatehouse::authui {

namespace {

namespace json = boost::json;

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

json::array causes_of(const json::object& info) {
  const json::value* causes = info.if_contains("causes");
  return causes != nullptr && causes->is_array() ? causes->get_array() : json::array{};
}

std::string number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? std::to_string(value->get_int64()) : std::string();
}

constexpr std::pair<std::string_view, std::string_view> kPasswordRules[] = {
    {"PasswordUppercaseRequired", "error.uppercase"},   {"PasswordLowercaseRequired", "error.lowercase"},
    {"PasswordAlphabetRequired", "error.alphabet"},     {"PasswordDigitRequired", "error.digit"},
    {"PasswordSymbolRequired", "error.symbol"},         {"PasswordContainingExcludedKeywords", "error.excluded"},
    {"PasswordBelowGuessableLevel", "error.guessable"}, {"PasswordReused", "error.reused"},
};

Sentences password_rules(const json::object& info, const text::Translations& texts) {
  Sentences sentences;
  for (const json::value& cause : causes_of(info)) {
    const json::object rule = cause.is_object() ? cause.get_object() : json::object{};
    const std::string name = text_at(rule, "Name");
    const auto known = std::ranges::find(kPasswordRules, name, &std::pair<std::string_view, std::string_view>::first);
    const std::string length = number_at(object_at(rule, "Info"), "min_length");
    if (name == "PasswordTooShort" && !length.empty()) {
      sentences.field.push_back(texts("error.too_short", {{"n", length}}));
    } else if (known != std::end(kPasswordRules)) {
      sentences.field.push_back(texts(known->second));
    }
  }
  if (sentences.field.empty()) {
    sentences.field.push_back(texts("error.password_rule"));
  }
  return sentences;
}

// What is wrong with one value, by the JSON pointer to it.
std::string wrong_value(std::string_view where, std::string_view kind, const text::Translations& texts,
                        const text::Arguments& arguments) {
  const bool empty = kind == "minLength" || kind == "required" || kind == "type";
  if (where == "/password") {
    return texts("error.empty_password");
  }
  if (where == "/new_password") {
    return texts("error.empty_new_password");
  }
  if (where == "/code") {
    return empty ? texts("error.empty_code") : texts("error.code_wrong", arguments);
  }
  if (empty) {
    return texts("error.empty_login_id", arguments);
  }
  if (kind == "maxLength") {
    return texts("error.too_long");
  }
  if (kind != "format") {
    return texts("error.blocked");
  }
  const auto typed = arguments.find("kind");
  const std::string key = "error.format_" + (typed == arguments.end() ? "" : typed->second);
  return texts(texts.has(key) ? key : "error.format");
}

Sentences wrong_values(const json::object& info, const text::Translations& texts, const text::Arguments& arguments) {
  Sentences sentences;
  for (const json::value& cause : causes_of(info)) {
    const json::object problem = cause.is_object() ? cause.get_object() : json::object{};
    const std::string where = text_at(problem, "location");
    std::string sentence = wrong_value(where, text_at(problem, "kind"), texts, arguments);
    if (std::ranges::find(sentences.field, sentence) == sentences.field.end()) {
      sentences.field.push_back(std::move(sentence));
    }
  }
  if (sentences.field.empty()) {
    sentences.field.push_back(texts("error.format"));
  }
  return sentences;
}

std::string wait(std::int64_t seconds, const text::Translations& texts) {
  if (seconds <= 0) {
    return texts("error.rate_soon");
  }
  if (seconds < 90) {
    return texts("error.rate_seconds", {{"seconds", std::to_string(seconds)}});
  }
  return texts("error.rate_minutes", {{"minutes", std::to_string((seconds + 59) / 60)}});
}

std::string locked(const json::object& info, const text::Translations& texts, TimePoint now) {
  const std::int64_t seconds = seconds_until(text_at(info, "until"), now);
  return seconds == 0 ? texts("error.locked")
                      : texts("error.locked_minutes", {{"minutes", std::to_string((seconds + 59) / 60)}});
}

std::string wrong_code(const json::object& info, const text::Translations& texts, const text::Arguments& arguments) {
  const std::string kind = text_at(object_at(info, "cause"), "kind");
  return texts(kind == "UsedCode" || kind == "CodeNotFound" ? "error.code_used" : "error.code_wrong", arguments);
}

bool is_one_of(std::string_view reason, std::initializer_list<std::string_view> reasons) {
  return std::ranges::find(reasons, reason) != reasons.end();
}

Micros fraction_of(std::string_view text) {
  const std::size_t dot = text.find('.');
  std::int64_t micros = 0;
  std::int64_t unit = dot == std::string_view::npos ? 0 : 100'000;
  for (std::size_t at = dot + 1; unit > 0 && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
    micros += unit * (text[at] - '0');
  }
  return Micros{micros};
}

}  // namespace

std::int64_t seconds_until(std::string_view time, TimePoint now) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const std::string text(time);
  if (!text.ends_with('Z') ||
      std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6) {
    return 0;
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok()) {
    return 0;
  }
  const TimePoint then = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                         Seconds{second} + fraction_of(text);
  return std::max<std::int64_t>(0, std::chrono::ceil<Seconds>(then - now).count());
}

Sentences explain(const Failure& failure, const text::Translations& texts, TimePoint now,
                  const text::Arguments& arguments) {
  const std::string_view reason = failure.reason;
  if (is_one_of(reason, {"UserNotFound", "InvalidCredentials", "IdentityNotFound", "AuthenticatorNotFound"})) {
    return {.field = {texts("error.no_match")}};
  }
  if (reason == "ValidationFailed") {
    return wrong_values(failure.info, texts, arguments);
  }
  if (reason == "PasswordPolicyViolated") {
    return password_rules(failure.info, texts);
  }
  if (is_one_of(reason, {"InvalidOTPCode", "InvalidVerificationCode"})) {
    return {.field = {wrong_code(failure.info, texts, arguments)}};
  }
  if (reason == "AccountLockout") {
    return {.form = locked(failure.info, texts, now)};
  }
  if (reason == "RateLimited" && text_at(failure.info, "bucket_name") == "TrackFailedOTPAttemptBucket") {
    return {.field = {texts("error.code_tries")}};
  }
  if (reason == "RateLimited" && text_at(failure.info, "bucket_name") == "VerificationCooldownEmail") {
    const auto seconds = std::max<std::int64_t>(1, failure.retry_after);
    return {.form = texts("error.code_soon", {{"seconds", std::to_string(seconds)}})};
  }
  if (is_one_of(reason, {"RateLimited", "TooManyRequest", "UsageLimitExceeded"})) {
    return {.form = wait(failure.retry_after, texts)};
  }
  if (reason == "InvariantViolated" && text_at(object_at(failure.info, "cause"), "kind") == "DuplicatedIdentity") {
    return {.field = {texts("error.taken")}};
  }
  if (reason == "NewPasswordTypo") {
    return {.field = {texts("error.passwords_differ")}};
  }
  if (reason == kUnreadableText) {
    return {.field = {texts("error.unreadable")}};
  }
  if (reason == kUnknownAction) {
    return {.form = texts("error.unknown_action")};
  }
  if (reason == "ChangePasswordFailed") {
    return {.field = {texts("error.reused")}};
  }
  if (is_one_of(reason, {"NoAvailableSMTPConfiguration", "NoAvailableSMSClient"})) {
    return {.form = texts("code.not_sent")};
  }
  return {.form = texts("error.other")};
}

}  // namespace gatehouse::authui
