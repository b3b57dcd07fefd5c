#include "domain/user/users.h"
#include "flow/engine/errors.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

class CheckAccountStatus : public Step {
 public:
  Next begin(const View& view, const Frame& /*frame*/) const override {
    if (stand_in(view.state) != nullptr) {
      return Done{};
    }
    const auto* login = identified(view.state);
    if (login == nullptr) {
      return Error(ErrorKind::bad_request, "AuthenticationFlowNoUserID", "There is no account to look at yet.");
    }
    user::check_may_sign_in(login->user, view.now);
    return Done{};
  }
};

}  // namespace

const Step& check_account_status_step() {
  static const CheckAccountStatus step;
  return step;
}

}  // namespace gatehouse::flow
