#include "endpoint/authui/memory.h"

#include <utility>

#include "platform/base/json_text.h"

namespace gatehouse::authui {

namespace {

namespace json = boost::json;

constexpr std::string_view kCookie = "web_error_token";
constexpr Seconds kLifetime{1800};
constexpr std::size_t kLargestInfo = 1024;  // a cookie holds 4 KiB
constexpr std::size_t kLongestLoginId = 320;
constexpr std::size_t kMostEntries = 6;
constexpr std::size_t kLargestCookie = 2400;  // before it is sealed

std::string binding(const project::Context& ctx, const Browser& browser) {
  return "page-memory\n" + ctx.app_id().str() + "\n" + browser.cookie;
}

std::int64_t number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

http::Cookie cookie_of(const project::Context& ctx, std::string value) {
  return {.name = ctx.project().cookie_name(kCookie), .value = std::move(value), .secure = ctx.project().secure()};
}

// What the cookie holds, newest first; only what is not too old.
json::array entries_of(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
                       const Browser& browser) {
  const auto cookie = request.cookie(ctx.project().cookie_name(kCookie));
  const auto plain = cookie ? keys.open(crypto::Purpose::cookie, *cookie, binding(ctx, browser)) : std::nullopt;
  boost::system::error_code broken;
  const json::value parsed = plain ? json::parse(*plain, broken) : json::value();
  json::array entries;
  if (broken || !parsed.is_array()) {
    return entries;
  }
  for (const json::value& entry : parsed.get_array()) {
    if (entry.is_object() && ctx.now() <= from_unix_seconds(number_of(entry.get_object(), "until"))) {
      entries.push_back(entry);
    }
  }
  return entries;
}

void set_cookie(const crypto::KeyRing& keys, const project::Context& ctx, http::Response& response,
                const Browser& browser, const json::array& entries) {
  http::Cookie cookie = cookie_of(ctx, "");
  cookie.clear = entries.empty();
  if (!entries.empty()) {
    cookie.value = keys.seal(crypto::Purpose::cookie, json::serialize(entries), binding(ctx, browser));
  }
  response.cookie(cookie);
}

json::object to_json(const PageMemory& memory, TimePoint until) {
  json::object object{{"step", memory.step},
                      {"login_id", memory.login_id.size() <= kLongestLoginId ? memory.login_id : std::string()},
                      {"notice", memory.notice},
                      {"caution", memory.caution},
                      {"until", unix_seconds(until)}};
  if (memory.failure) {
    object["reason"] = memory.failure->reason;
    object["info"] = memory.failure->info;
    object["retry_after"] = memory.failure->retry_after;
  }
  return object;
}

PageMemory memory_from(const json::object& object) {
  PageMemory memory{.step = text_at(object, "step"),
                    .login_id = text_at(object, "login_id"),
                    .failure = {},
                    .notice = text_at(object, "notice"),
                    .caution = text_at(object, "caution")};
  if (std::string reason = text_at(object, "reason"); !reason.empty()) {
    const json::value* info = object.if_contains("info");
    memory.failure = Failure{.reason = std::move(reason),
                             .info = info != nullptr && info->is_object() ? info->get_object() : json::object{},
                             .retry_after = static_cast<int>(number_of(object, "retry_after"))};
  }
  return memory;
}

}  // namespace

Failure Failure::of(const Error& error) {
  json::object info = error.info();
  if (json::serialize(info).size() > kLargestInfo) {
    info.clear();
  }
  return {.reason = error.reason(), .info = std::move(info), .retry_after = error.retry_after()};
}

PageMemory recall(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
                  const Browser& browser, std::string_view step) {
  for (const json::value& entry : entries_of(keys, ctx, request, browser)) {
    const std::string its_step = text_at(entry.get_object(), "step");
    if (its_step.empty() || its_step == step) {
      return memory_from(entry.get_object());
    }
  }
  return {};
}

void remember(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
              http::Response& response, const Browser& browser, const PageMemory& memory, std::string_view before) {
  json::array entries{to_json(memory, ctx.now() + kLifetime)};
  std::size_t size = json::serialize(entries).size();
  for (const json::value& entry : entries_of(keys, ctx, request, browser)) {
    const std::string step = text_at(entry.get_object(), "step");
    if (step.empty() || step == memory.step || step == before) {
      continue;
    }
    size += json::serialize(entry).size();
    if (entries.size() == kMostEntries || size > kLargestCookie) {
      break;
    }
    entries.push_back(entry);
  }
  set_cookie(keys, ctx, response, browser, entries);
}

void forget(const crypto::KeyRing& keys, const project::Context& ctx, const http::Request& request,
            http::Response& response, const Browser& browser, std::string_view step) {
  json::array kept;
  for (const json::value& entry : entries_of(keys, ctx, request, browser)) {
    if (const std::string its_step = text_at(entry.get_object(), "step"); !its_step.empty() && its_step != step) {
      kept.push_back(entry);
    }
  }
  set_cookie(keys, ctx, response, browser, kept);
}

}  // namespace gatehouse::authui
