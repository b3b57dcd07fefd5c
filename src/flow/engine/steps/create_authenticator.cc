#include "flow/engine/errors.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

class CreateAuthenticator : public Step {
 public:
  Next begin(const View& view, const Frame& frame) const override {
    const auto& step = *view.definition.find(frame.at);
    if (!step.branch_of(Authentication::primary_password)) {
      return step.optional ? Next(Done{}) : Next(invariant_violated("NoAuthenticator"));
    }
    const boost::json::string method(text(Authentication::primary_password));
    Ask ask{.action = {.type = text(frame.kind), .data = {{"type", "create_authenticator_data"}}}};
    ask.action.data["options"] = boost::json::array{boost::json::object{
        {"authentication", method}, {"password_policy", authenticator::describe_policy(view.config.password.policy)}}};
    ask.accepts.one_of = {{constant_key("authentication", method), text_key("new_password")}};
    return ask;
  }

  Next take(const View& view, const Frame& frame, const Input& input) const override {
    return Want{frame.at, HashPassword{.password = authenticator::Password(
                                           std::string(std::string_view(input.at("new_password").as_string()))),
                                       .user_inputs = user_inputs(view.state)}};
  }

  Next learn(const View& view, const Frame& frame, const Want& /*want*/, const Answer& answer) const override {
    const auto user = user_of(view.state);
    if (!user) {
      return Error(ErrorKind::bad_request, "AuthenticationFlowNoUserID", "There is nobody to set this up for yet.");
    }
    const auto& hashed = std::get<HashedPassword>(answer);
    return Enter{.branch = *view.definition.find(frame.at)->branch_of(Authentication::primary_password),
                 .plan = {AddAuthenticator{*user, "primary", hashed.hash}}};
  }
};

}  // namespace

const Step& create_authenticator_step() {
  static const CreateAuthenticator step;
  return step;
}

}  // namespace gatehouse::flow
