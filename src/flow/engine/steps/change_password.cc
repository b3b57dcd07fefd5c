#include "flow/engine/errors.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

// The password that the target step was passed with.
const CheckedPassword& used_password(const View& view, const Frame& frame) {
  const auto& name = view.definition.find(frame.at)->target_step;
  const auto* step = completed(view.state, view.definition, name);
  const auto* checked = step == nullptr ? nullptr : learned<CheckedPassword>(view.state, step->at);
  if (checked == nullptr) {
    throw Error(ErrorKind::internal_error, "AuthenticationFlowInvalidTargetStep",
                "The step whose password is to be changed has none.", boost::json::object{{"target_step", name}});
  }
  return *checked;
}

class ChangePassword : public Step {
 public:
  Next begin(const View& view, const Frame& frame) const override {
    const auto reason = used_password(view, frame).force_change_reason;
    if (!reason) {
      return Done{};
    }
    Ask ask{.action = {.type = text(frame.kind)}};
    ask.action.data = {{"type", "new_password_data"},
                       {"password_policy", authenticator::describe_policy(view.config.password.policy)},
                       {"force_change_reason", text(*reason)}};
    ask.accepts.one_of = {{text_key("new_password")}};
    return ask;
  }

  Next take(const View& view, const Frame& frame, const Input& input) const override {
    return Want{frame.at, HashPassword{.password = authenticator::Password(
                                           std::string(std::string_view(input.at("new_password").as_string()))),
                                       .user_inputs = user_inputs(view.state),
                                       .user = user_of(view.state)}};
  }

  Next learn(const View& view, const Frame& frame, const Want& /*want*/, const Answer& answer) const override {
    auto changed = used_password(view, frame).authenticator;
    changed.password_hash = std::get<HashedPassword>(answer).hash;
    changed.expire_after.reset();
    changed.updated_at = view.now;
    return Done{{SetPassword{std::move(changed)}}};
  }
};

}  // namespace

const Step& change_password_step() {
  static const ChangePassword step;
  return step;
}

}  // namespace gatehouse::flow
