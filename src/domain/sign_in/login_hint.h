#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::sign_in {

// The login ID that a `login_hint` names: any text (OpenID Connect Core 3.1.2.1), or the contract's
// https://authgear.com/login_hint?type=login_id&email=… (phone, username). Empty where it names none; nothing where it
// has the contract's form and is malformed.
std::optional<std::string> login_id_of_hint(std::string_view login_hint);

}  // namespace gatehouse::sign_in
