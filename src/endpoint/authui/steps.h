#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "flow/runner.h"
#include "platform/http/message.h"
#include "project/project.h"

namespace gatehouse::authui {

// The page of a step: each has its own stable path.
struct StepPage {
  std::string_view path;
  std::string_view page;  // name for the PageRenderer
};

inline constexpr std::string_view kLoginPath = "/login";
inline constexpr std::string_view kSignupPath = "/signup";
inline constexpr std::string_view kPasswordPath = "/authflow/v2/enter_password";
inline constexpr std::string_view kCodePath = "/authflow/v2/enter_oob_otp";
inline constexpr std::string_view kCreatePasswordPath = "/authflow/v2/create_password";
inline constexpr std::string_view kChangePasswordPath = "/authflow/v2/change_password";
inline constexpr std::string_view kAccountStatusPath = "/authflow/v2/account_status";
inline constexpr std::string_view kFinishPath = "/authflow/v2/finish";

// Nothing for a step that has no page.
std::optional<StepPage> page_of(const flow::Reply& reply);

// The option of `data.options` for a password, such as {"authentication":"primary_password"}; nothing where there is
// none.
std::optional<boost::json::object> password_option(const flow::Action& action);

// The type ("email", "phone", "username") of what was typed, judged by its form and by what the project takes.
std::string login_id_type(const project::Config& config, std::string_view login_id);

// The distinct types of login ID that the project takes, in its order.
std::vector<std::string> login_id_types(const project::Config& config);

// What a form says, as input for the flow. `action`: the step that the form belongs to, where it is known. Field names
// and x_action are the contract's. Throws Error NewPasswordTypo where the two passwords differ, UnknownAction for an
// x_action that the page does not have.
boost::json::object input_of(const project::Config& config, std::string_view path, const http::Fields& form,
                             const flow::Action& action);

// The form that was sent; nothing where one of its values is not text. Throws as http::Request::form for what is no
// form.
std::optional<http::Fields> typed_form(const http::Request& request);

// The login ID that a login or sign-up form carries.
std::string typed_login_id(const http::Fields& form);

}  // namespace gatehouse::authui
