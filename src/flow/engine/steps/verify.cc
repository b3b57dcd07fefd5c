#include "flow/engine/errors.h"
#include "flow/engine/mask.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

constexpr int kCodeLength = 6;

struct Target {
  const identity::NormalizedLoginId& login_id;
  bool taken = false;  // somebody has it, which is not told
};

// The login ID that the target step is about to add.
Target target(const View& view, const Frame& frame) {
  const auto& name = view.definition.find(frame.at)->target_step;
  const auto* step = completed(view.state, view.definition, name);
  const auto* hidden = step == nullptr ? nullptr : learned<FoundIdentity>(view.state, step->at);
  if (hidden != nullptr && hidden->stand_in && hidden->asked.type == "email") {
    return {hidden->asked, true};
  }
  const auto* add = step == nullptr ? nullptr : planned<AddIdentity>(view.state, step->at);
  if (add == nullptr || add->login_id.type != "email") {
    throw Error(ErrorKind::internal_error, "AuthenticationFlowInvalidTargetStep",
                "The step to verify has no e-mail address.", boost::json::object{{"target_step", name}});
  }
  return {add->login_id};
}

Ask ask_for_code(const Frame& frame, const std::string& email, TimePoint can_resend_at) {
  Ask ask{.action = {.type = text(frame.kind)}};
  ask.action.data = {{"type", "verify_oob_otp_data"},
                     {"channel", text(Channel::email)},
                     {"otp_form", text(OtpForm::code)},
                     {"masked_claim_value", mask_email(email)},
                     {"code_length", kCodeLength},
                     {"can_resend_at", rfc3339(can_resend_at)},
                     {"can_check", false},
                     {"failed_attempt_rate_limit_exceeded", false},
                     {"delivery_status", "sent"}};
  ask.accepts.one_of = {{text_key("code")}, {constant_key("resend", true)}};
  return ask;
}

Next after_check(const View& view, const Frame& frame, verification::CodeVerdict verdict) {
  const auto of = target(view, frame);
  switch (verdict) {
    case verification::CodeVerdict::right:
      if (of.taken) {
        break;
      }
      return Done{{MarkVerified{view.state.new_user, {.name = "email", .value = of.login_id.login_id}}}};
    case verification::CodeVerdict::wrong:
      return invalid_otp_code("InvalidCode");
    case verification::CodeVerdict::expired:
      return invalid_otp_code("CodeNotFound");
    case verification::CodeVerdict::too_many_attempts:
      return too_many_failed_otp_attempts();
  }
  return invalid_otp_code("InvalidCode");
}

class Verify : public Step {
 public:
  Next begin(const View& view, const Frame& frame) const override {
    const auto of = target(view, frame);
    if (const auto* sent = learned<SentCode>(view.state, frame.at)) {
      return ask_for_code(frame, of.login_id.login_id, sent->can_resend_at);
    }
    return send(view, frame, of);
  }

  Next take(const View& view, const Frame& frame, const Input& input) const override {
    const auto of = target(view, frame);
    if (const auto* code = input.if_contains("code"); code != nullptr && code->is_string()) {
      return Want{frame.at, CheckCode{.target = of.login_id.login_id,
                                      .code = std::string(std::string_view(code->as_string())),
                                      .taken = of.taken}};
    }
    return send(view, frame, of);
  }

  Next learn(const View& view, const Frame& frame, const Want& want, const Answer& answer) const override {
    if (std::holds_alternative<SendCode>(want.need)) {
      return ask_for_code(frame, target(view, frame).login_id.login_id, std::get<SentCode>(answer).can_resend_at);
    }
    return after_check(view, frame, std::get<CheckedCode>(answer).verdict);
  }

 private:
  static Want send(const View& view, const Frame& frame, const Target& of) {
    return {frame.at, SendCode{.target = of.login_id.login_id, .user = view.state.new_user, .taken = of.taken}};
  }
};

}  // namespace

const Step& verify_step() {
  static const Verify step;
  return step;
}

}  // namespace gatehouse::flow
