#pragma once

#include "flow/engine/step.h"

// The kinds of step that there are, one file each.
namespace gatehouse::flow {

const Step& identify_step();
const Step& authenticate_step();
const Step& create_authenticator_step();
const Step& verify_step();
const Step& check_account_status_step();
const Step& change_password_step();

}  // namespace gatehouse::flow
