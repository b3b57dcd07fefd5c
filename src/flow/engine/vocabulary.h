#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/enum.hpp>
#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>

namespace gatehouse::flow {

// The words of the flow API; the names are contract.
BOOST_DEFINE_ENUM_CLASS(FlowType, signup, promote, login, signup_login, reauth, account_recovery)

BOOST_DEFINE_ENUM_CLASS(StepType, identify, authenticate, create_authenticator, verify, fill_in_user_profile,
                        view_recovery_code, prompt_create_passkey, terminate_other_sessions, check_account_status,
                        change_password, select_destination, verify_account_recovery_code, reset_password)

BOOST_DEFINE_ENUM_CLASS(Identification, email, phone, username, oauth, passkey, id_token, ldap, select_account)

BOOST_DEFINE_ENUM_CLASS(Authentication, primary_password, primary_passkey, primary_oob_otp_email, primary_oob_otp_sms,
                        secondary_password, secondary_totp, secondary_oob_otp_email, secondary_oob_otp_sms,
                        recovery_code, device_token)

BOOST_DEFINE_ENUM_CLASS(Channel, email, sms, whatsapp)
BOOST_DEFINE_ENUM_CLASS(OtpForm, code, link)
BOOST_DEFINE_ENUM_CLASS(ForceChangeReason, policy, expiry)

template <class E>
std::string text(E value) {
  return boost::describe::enum_to_string(value, "");
}

template <class E>
std::optional<E> from_text(std::string_view name) {
  E value{};
  if (!boost::describe::enum_from_string(std::string(name).c_str(), value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace gatehouse::flow
