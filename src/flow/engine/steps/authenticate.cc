#include "flow/engine/errors.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

// The branch for passwords: offered to users without one, too, so that it tells nothing about them.
std::optional<int> password_branch(const StepDefinition& step) {
  for (std::size_t i = 0; i < step.one_of.size(); ++i) {
    if (step.one_of[i].authentication == Authentication::primary_password) {
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

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

class Authenticate : public Step {
 public:
  Next begin(const View& view, const Frame& frame) const override {
    const auto& step = *view.definition.find(frame.at);
    if (password_branch(step)) {
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
    const auto* login = identified(view.state);
    if (login == nullptr) {
      return Error(ErrorKind::bad_request, "AuthenticationFlowNoUserID", "There is nobody to authenticate yet.");
    }
    return Want{frame.at, CheckPassword{.password = authenticator::Password(
                                            std::string(std::string_view(input.at("password").as_string()))),
                                        .user = login->user,
                                        .kind = "primary",
                                        .stored = login->passwords,
                                        .user_inputs = user_inputs(view.state)}};
  }

  Next learn(const View& view, const Frame& frame, const Want& /*want*/, const Answer& answer) const override {
    const auto& checked = std::get<CheckedPassword>(answer);
    if (!checked.matches) {
      return invalid_credentials("password");
    }
    Enter enter{.branch = *password_branch(*view.definition.find(frame.at))};
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
