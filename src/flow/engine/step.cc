#include "flow/engine/step.h"

#include <stdexcept>

#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

Next Step::take(const View& /*view*/, const Frame& /*frame*/, const Input& /*input*/) const {
  throw std::logic_error("a step was given an input that it never asks for");
}

Next Step::learn(const View& /*view*/, const Frame& /*frame*/, const Want& /*want*/, const Answer& /*answer*/) const {
  throw std::logic_error("a step was given an answer that it never wants");
}

const Step* step_of(StepType kind) {
  switch (kind) {
    case StepType::identify:
      return &identify_step();
    case StepType::authenticate:
      return &authenticate_step();
    case StepType::create_authenticator:
      return &create_authenticator_step();
    case StepType::verify:
      return &verify_step();
    case StepType::check_account_status:
      return &check_account_status_step();
    case StepType::change_password:
      return &change_password_step();
    case StepType::fill_in_user_profile:
    case StepType::view_recovery_code:
    case StepType::prompt_create_passkey:
    case StepType::terminate_other_sessions:
    case StepType::select_destination:
    case StepType::verify_account_recovery_code:
    case StepType::reset_password:
      break;
  }
  return nullptr;
}

}  // namespace gatehouse::flow
