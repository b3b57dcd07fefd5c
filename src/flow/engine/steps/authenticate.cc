#include "flow/engine/errors.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

Ask ask_for_password(const Frame& frame) {
  const boost::json::string method(text(Authentication::primary_password));
  auto device_token = constant_key("request_device_token", false);
  device_token.required = false;
  Ask ask{.action = {.type = text(frame.kind), .data = {{"type", "authentication_data"}}}};
  ask.action.data["options"] = boost::json::array{boost::json::object{{"authentication", method}}};
  ask.action.data["device_token_enabled"] = false;
  ask.accepts.one_of = {{constant_key("authentication", method), text_key("password"), device_token}};
  return ask;
}

// A stand-in is somebody without a password.
std::optional<CheckPassword> whom_to_check(const State& state, authenticator::Password password) {
  if (const auto* nobody = stand_in(state)) {
    return CheckPassword{.password = std::move(password),
                         .login_id = nobody->asked,
                         .user = {.id = *nobody->stand_in},
                         .login_id_of_nobody = nobody->asked.login_id,
                         .kind = "primary",
                         .stored = {},
                         .user_inputs = {}};
  }
  const auto* identity = found_identity(state);
  if (identity == nullptr) {
    return std::nullopt;
  }
  const auto& login = *identity->found;
  return CheckPassword{.password = std::move(password),
                       .login_id = identity->asked,
                       .user = login.user,
                       .login_id_of_nobody = {},
                       .kind = "primary",
                       .stored = login.passwords,
                       .user_inputs = user_inputs(state)};
}

class Authenticate : public Step {
 public:
  Next begin(const View& view, const Frame& frame) const override {
    const auto& step = *view.definition.find(frame.at);
    if (step.branch_of(Authentication::primary_password)) {
      return ask_for_password(frame);
    }
    // A second factor that somebody has is never passed over.
    const auto* login = identified(view.state);
    if (step.optional && login != nullptr && !login->has_second_factor) {
      return Done{};
    }
    return invariant_violated("NoAuthenticator");
  }

  Next take(const View& view, const Frame& frame, const Input& input) const override {
    auto need = whom_to_check(view.state,
                              authenticator::Password(std::string(std::string_view(input.at("password").as_string()))));
    if (!need) {
      return Error(ErrorKind::bad_request, "AuthenticationFlowNoUserID", "There is nobody to authenticate yet.");
    }
    return Want{frame.at, std::move(*need)};
  }

  Next learn(const View& view, const Frame& frame, const Want& /*want*/, const Answer& answer) const override {
    const auto& checked = std::get<CheckedPassword>(answer);
    if (!checked.matches || stand_in(view.state) != nullptr) {
      return invalid_credentials("password");
    }
    Enter enter{.branch = *view.definition.find(frame.at)->branch_of(Authentication::primary_password)};
    if (checked.new_hash) {
      enter.plan.emplace_back(
          UpgradeHash{checked.authenticator.id, checked.authenticator.password_hash, *checked.new_hash});
    }
    return enter;
  }
};

}  // namespace

const Step& authenticate_step() {
  static const Authenticate step;
  return step;
}

}  // namespace gatehouse::flow
