#include "domain/sign_in/login_hint.h"

#include "platform/base/error.h"
#include "platform/http/message.h"

namespace gatehouse::sign_in {

namespace {

constexpr std::size_t kLongestLoginId = 320;
constexpr std::string_view kHintUri = "https://authgear.com/login_hint";

bool is_login_id(std::string_view text) {
  return text.size() <= kLongestLoginId && text.find_first_of("\r\n\t") == std::string_view::npos &&
         text.find("://") == std::string_view::npos;
}

std::optional<http::Fields> query_of(std::string_view hint) {
  const std::string_view rest = hint.substr(kHintUri.size());
  if (!rest.starts_with('?')) {
    return std::nullopt;
  }
  try {
    return http::parse_form(rest.substr(1));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> login_id_of_hint(std::string_view login_hint) {
  if (!login_hint.starts_with(kHintUri)) {
    return is_login_id(login_hint) ? std::string(login_hint) : std::string();
  }
  const auto query = query_of(login_hint);
  const std::string type = query ? query->get_or("type", "") : "";
  if (type == "anonymous" || type == "app_session_token") {
    return std::string();
  }
  if (type != "login_id") {
    return std::nullopt;
  }
  for (const std::string_view key : {"email", "phone", "username"}) {
    if (auto value = query->get(key); value && is_login_id(*value)) {
      return value;
    }
  }
  return std::string();
}

}  // namespace gatehouse::sign_in
