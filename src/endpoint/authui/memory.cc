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
  const auto cookie = request.cookie(ctx.project().cookie_name(kCookie));
  const auto plain = cookie ? keys.open(crypto::Purpose::cookie, *cookie, binding(ctx, browser)) : std::nullopt;
  if (!plain) {
    return {};
  }
  boost::system::error_code broken;
  const json::value parsed = json::parse(*plain, broken);
  if (broken || !parsed.is_object()) {
    return {};
  }
  const json::object& object = parsed.get_object();
  PageMemory memory{.step = text_at(object, "step"),
                    .login_id = text_at(object, "login_id"),
                    .notice = text_at(object, "notice"),
                    .caution = text_at(object, "caution")};
  const bool old = ctx.now() > from_unix_seconds(number_of(object, "until"));
  if (old || (!memory.step.empty() && memory.step != step)) {
    return {};
  }
  if (std::string reason = text_at(object, "reason"); !reason.empty()) {
    const json::value* info = object.if_contains("info");
    memory.failure = Failure{.reason = std::move(reason),
                             .info = info != nullptr && info->is_object() ? info->get_object() : json::object{},
                             .retry_after = static_cast<int>(number_of(object, "retry_after"))};
  }
  return memory;
}

void remember(const crypto::KeyRing& keys, const project::Context& ctx, http::Response& response,
              const Browser& browser, const PageMemory& memory) {
  json::object object{{"step", memory.step},
                      {"login_id", memory.login_id.size() <= kLongestLoginId ? memory.login_id : std::string()},
                      {"notice", memory.notice},
                      {"caution", memory.caution},
                      {"until", unix_seconds(ctx.now() + kLifetime)}};
  if (memory.failure) {
    object["reason"] = memory.failure->reason;
    object["info"] = memory.failure->info;
    object["retry_after"] = memory.failure->retry_after;
  }
  response.cookie(cookie_of(ctx, keys.seal(crypto::Purpose::cookie, json::serialize(object), binding(ctx, browser))));
}

void forget(const project::Context& ctx, http::Response& response) {
  http::Cookie gone = cookie_of(ctx, "");
  gone.clear = true;
  response.cookie(gone);
}

}  // namespace gatehouse::authui
