#pragma once

#include <algorithm>
#include <iterator>
#include <source_location>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "flow/engine/advance.h"

// What flows walk through in tests: a world that gives every answer there is, and every input there is.
namespace gatehouse::flow::walk {

inline constexpr std::string_view kMarker = "in the clear, Marker 1!";  // every password
inline const TimePoint kNow = from_unix_seconds(1'800'000'000);
inline const UserId kStandIn("stand-in");

inline void must(bool holds, std::source_location where = std::source_location::current()) {
  if (!holds) {
    throw std::logic_error(std::string("broken promise at ") + where.file_name() + ":" + std::to_string(where.line()));
  }
}

using Outcome = std::variant<Answer, Error>;

inline User user_of_database(bool disabled) {
  return {.id = UserId("user"),
          .created_at = kNow,
          .updated_at = kNow,
          .is_disabled = disabled,
          .is_indefinitely_disabled = disabled};
}

inline identity::FoundLogin login_of_database(const FindIdentity& need, bool disabled, bool with_password) {
  identity::FoundLogin login;
  login.identity.id = IdentityId("identity");
  login.identity.user_id = UserId("user");
  login.identity.login_id_type = text(need.by);
  login.identity.login_id = need.login_id;
  login.user = user_of_database(disabled);
  if (with_password) {
    login.passwords.push_back({.id = AuthenticatorId("password"),
                               .user_id = UserId("user"),
                               .created_at = kNow,
                               .updated_at = kNow,
                               .kind = "primary",
                               .password_hash = "old hash"});
  }
  return login;
}

inline Error away() { return unavailable("away"); }

inline std::vector<Outcome> outcomes(const FindIdentity& need) {
  const identity::NormalizedLoginId asked{.type = text(need.by),
                                          .key = text(need.by),
                                          .original = need.login_id,
                                          .login_id = need.login_id,
                                          .unique_key = need.login_id};
  std::vector<Outcome> all{Answer(FoundIdentity{asked, std::nullopt}), away()};
  // A stand-in also where none was asked for: the engine must not need the world to be right.
  all.emplace_back(Answer(FoundIdentity{asked, std::nullopt, kStandIn}));
  for (const bool disabled : {false, true}) {
    for (const bool with_password : {false, true}) {
      all.emplace_back(Answer(FoundIdentity{asked, login_of_database(need, disabled, with_password)}));
    }
  }
  return all;
}

inline std::vector<Outcome> outcomes(const HashPassword& /*need*/) {
  return {Answer(HashedPassword{"new hash"}), Error(ErrorKind::invalid, "PasswordPolicyViolated", "weak")};
}

inline std::vector<Outcome> outcomes(const CheckPassword& need) {
  std::vector<Outcome> all{Answer(CheckedPassword{}), Error(ErrorKind::too_many_request, "AccountLockout", "locked")};
  must(need.login_id_of_nobody.has_value() == (need.user.id == kStandIn));
  if (need.login_id_of_nobody) {
    must(need.stored.empty());
    all.emplace_back(Answer(CheckedPassword{.matches = true}));  // a world gone wrong
  }
  for (const auto& stored : need.stored) {
    for (const bool outdated : {false, true}) {
      CheckedPassword right{.matches = true, .authenticator = stored};
      if (outdated) {
        right.new_hash = "upgraded hash";
      }
      all.emplace_back(Answer(right));
      for (const auto reason : {ForceChangeReason::policy, ForceChangeReason::expiry}) {
        right.force_change_reason = reason;
        all.emplace_back(Answer(right));
      }
    }
  }
  return all;
}

inline std::vector<Outcome> outcomes(const SendCode& /*need*/) {
  return {Answer(SentCode{kNow + std::chrono::minutes{5}, kNow + std::chrono::minutes{1}}),
          Error(ErrorKind::too_many_request, "RateLimited", "too many")};
}

inline std::vector<Outcome> outcomes(const CheckCode& /*need*/) {
  using enum verification::CodeVerdict;
  return {Answer(CheckedCode{right}), Answer(CheckedCode{wrong}), Answer(CheckedCode{expired}),
          Answer(CheckedCode{too_many_attempts}), away()};
}

inline std::vector<Input> inputs_of_a_step() {
  const boost::json::string secret(kMarker);
  return {
      {},
      {{"unknown", 1}},
      {{"identification", "email"}},
      {{"identification", "email"}, {"login_id", "one@example.com"}},
      {{"identification", "email"}, {"login_id", "two@example.com"}},
      {{"identification", "username"}, {"login_id", "one"}},
      {{"identification", "phone"}, {"login_id", "+85265000001"}},
      {{"identification", "oauth"}, {"alias", "google"}, {"redirect_uri", "https://example.com"}},
      {{"identification", "id_token"}, {"id_token", "x"}},
      {{"identification", "email"}, {"login_id", 7}},
      {{"authentication", "primary_password"}, {"password", secret}},
      {{"authentication", "primary_password"}, {"password", secret}, {"request_device_token", true}},
      {{"authentication", "primary_password"}, {"new_password", secret}},
      {{"authentication", "primary_password"}, {"password", boost::json::array{secret}}},
      {{"authentication", "secondary_password"}, {"password", secret}},
      {{"authentication", "secondary_totp"}, {"code", "123456"}},
      {{"authentication", "recovery_code"}, {"recovery_code", "0123456789"}},
      {{"authentication", "device_token"}},
      {{"password", secret}},
      {{"new_password", secret}},
      {{"code", "123456"}},
      {{"code", 123456}},
      {{"resend", true}},
      {{"resend", false}},
      {{"check", true}},
      {{"skip", true}},
      {{"confirm_recovery_code", true}},
      {{"confirm_terminate_other_sessions", true}},
      {{"index", 0}},
      {{"account_recovery_code", "123456"}},
  };
}

// With more in them than any step asks for.
inline std::vector<Input> inputs_of_everything() {
  const boost::json::string secret(kMarker);
  const Input everything{{"identification", "email"},
                         {"login_id", "one@example.com"},
                         {"authentication", "primary_password"},
                         {"password", secret},
                         {"new_password", secret},
                         {"code", "123456"},
                         {"resend", true}};
  auto with_user_name = everything;
  with_user_name["identification"] = "username";
  with_user_name.erase("resend");
  return {everything, with_user_name};
}

inline std::vector<Input> every_input() {
  auto all = inputs_of_a_step();
  std::ranges::move(inputs_of_everything(), std::back_inserter(all));
  return all;
}

}  // namespace gatehouse::flow::walk
