#include "endpoint/authui/steps.h"

#include <algorithm>

#include "endpoint/authui/sentences.h"
#include "platform/base/error.h"
#include "platform/base/json_text.h"

namespace gatehouse::authui {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostValues = 1'000;

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos
             ? std::string()
             : std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

json::object identify(const project::Config& config, std::string_view path, const http::Fields& form) {
  const std::string login_id = typed_login_id(form);
  std::string type = login_id_type(config, login_id);
  const std::string key = form.get_or("q_login_id_key", "");
  if (path == kSignupPath && !key.empty()) {
    const auto& keys = config.login_id.keys;
    const auto found = std::ranges::find(keys, key, &project::LoginIdKey::key);
    type = found != keys.end() ? found->type : type;
  }
  return {{"identification", type}, {"login_id", login_id}};
}

json::object one_time_code(const http::Fields& form) {
  if (form.get_or("x_action", "") == "resend") {
    return {{"resend", true}};
  }
  std::string code = form.get_or("x_code", "");
  std::erase_if(code, [](char c) { return c == ' ' || c == '-' || c == '\t'; });
  return {{"code", code}};
}

std::string new_password(const http::Fields& form, std::string_view field) {
  std::string password = form.get_or(field, "");
  const auto again = form.get("x_confirm_password");
  if (again && *again != password) {
    throw Error(ErrorKind::invalid, "NewPasswordTypo", "The two passwords are not the same.");
  }
  return password;
}

// Whether one value is what makes the form unreadable, rather than its type or size.
bool holds_unreadable_value(std::string_view form) {
  for (std::size_t looked_at = 0; !form.empty() && looked_at < kMostValues; ++looked_at) {
    const std::size_t end = std::min(form.find('&'), form.size());
    try {
      http::parse_form(form.substr(0, end));
    } catch (const Error&) {
      return true;
    }
    form.remove_prefix(std::min(end + 1, form.size()));
  }
  return false;
}

void check_action(std::string_view path, const http::Fields& form) {
  const std::string action = form.get_or("x_action", "");
  const bool begins = path == kLoginPath || path == kSignupPath;
  const bool known = action.empty() || (begins && action == "login_id") ||
                     (path == kCodePath && (action == "submit" || action == "resend"));
  if (!known) {
    throw Error(ErrorKind::invalid, std::string(kUnknownAction), "x_action is not one of this page.");
  }
}

}  // namespace

std::optional<http::Fields> typed_form(const http::Request& request) {
  try {
    return request.form();
  } catch (const Error&) {
    if (!holds_unreadable_value(request.body)) {
      throw;
    }
  }
  return std::nullopt;
}

std::optional<json::object> password_option(const flow::Action& action) {
  const json::value* options = action.data.if_contains("options");
  if (options == nullptr || !options->is_array()) {
    return std::nullopt;
  }
  for (const json::value& option : options->get_array()) {
    if (option.is_object() && text_at(option.get_object(), "authentication").ends_with("_password")) {
      return option.get_object();
    }
  }
  return std::nullopt;
}

std::optional<StepPage> page_of(const flow::Reply& reply) {
  const std::string data = text_at(reply.action.data, "type");
  if (data == "verify_oob_otp_data" && text_at(reply.action.data, "otp_form") != "link") {
    return StepPage{kCodePath, "enter_oob_otp"};
  }
  if (data == "identification_data") {
    return reply.type == "signup" ? StepPage{kSignupPath, "signup"} : StepPage{kLoginPath, "login"};
  }
  if (data == "authentication_data" && password_option(reply.action)) {
    return StepPage{kPasswordPath, "enter_password"};
  }
  if (data == "create_authenticator_data" && password_option(reply.action)) {
    return StepPage{kCreatePasswordPath, "create_password"};
  }
  if (data == "new_password_data" && reply.action.type == "change_password") {
    return StepPage{kChangePasswordPath, "change_password"};
  }
  return std::nullopt;
}

std::vector<std::string> login_id_types(const project::Config& config) {
  std::vector<std::string> types;
  for (const project::LoginIdKey& key : config.login_id.keys) {
    if (std::ranges::find(types, key.type) == types.end()) {
      types.push_back(key.type);
    }
  }
  return types;
}

std::string login_id_type(const project::Config& config, std::string_view login_id) {
  const std::vector<std::string> types = login_id_types(config);
  const auto takes = [&types](std::string_view type) { return std::ranges::find(types, type) != types.end(); };
  const bool digits = login_id.size() > 1 && login_id.find_first_not_of("0123456789 -().", 1) == std::string_view::npos;
  if (takes("email") && login_id.contains('@')) {
    return "email";
  }
  if (takes("phone") && digits && login_id.starts_with('+')) {
    return "phone";
  }
  if (takes("username")) {
    return "username";
  }
  return types.empty() ? "email" : types.front();
}

std::string typed_login_id(const http::Fields& form) {
  const auto login = form.get("x_login_id");
  return trim(login ? *login : form.get_or("q_login_id", ""));
}

json::object input_of(const project::Config& config, std::string_view path, const http::Fields& form,
                      const flow::Action& action) {
  check_action(path, form);
  const auto option = password_option(action);
  if (path == kLoginPath || path == kSignupPath) {
    return identify(config, path, form);
  }
  if (path == kCodePath) {
    return one_time_code(form);
  }
  if (path == kChangePasswordPath) {
    return {{"new_password", new_password(form, "x_new_password")}};
  }
  const std::string authentication = option ? text_at(*option, "authentication") : "primary_password";
  if (path == kCreatePasswordPath) {
    return {{"authentication", authentication}, {"new_password", new_password(form, "x_password")}};
  }
  json::object input{{"authentication", authentication}, {"password", form.get_or("x_password", "")}};
  if (form.get_or("x_device_token", "") == "true") {
    input["request_device_token"] = true;
  }
  return input;
}

}  // namespace gatehouse::authui
