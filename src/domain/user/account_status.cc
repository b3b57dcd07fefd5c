#include "domain/user/users.h"
#include "platform/base/error.h"

namespace gatehouse::user {

namespace {

namespace json = boost::json;

Error refusal(const char* reason, const char* message, json::object info = {}) {
  return {ErrorKind::forbidden, reason, message, std::move(info)};
}

bool within(const std::optional<TimePoint>& from, const std::optional<TimePoint>& until, TimePoint now) {
  return from && until && *from <= now && now < *until;
}

Error disabled(const User& user) {
  const json::value reason = user.disable_reason ? json::value(*user.disable_reason) : json::value(nullptr);
  return refusal("DisabledUser", "the user is disabled", {{"reason", reason}});
}

std::optional<Error> indefinite(const User& user) {
  if (!user.is_indefinitely_disabled) {
    return std::nullopt;
  }
  if (user.delete_at) {
    return refusal(user.is_deactivated ? "ScheduledDeletionByEndUser" : "ScheduledDeletionByAdmin",
                   "the user is going to be deleted", {{"delete_at", rfc3339(*user.delete_at)}});
  }
  if (user.anonymize_at) {
    return refusal("ScheduledAnonymizationByAdmin", "the user is going to be anonymized",
                   {{"anonymize_at", rfc3339(*user.anonymize_at)}});
  }
  return disabled(user);
}

std::optional<Error> problem(const User& user, TimePoint now) {
  if (user.is_anonymized) {
    return refusal("AnonymizedUser", "the user is anonymized");
  }
  if (auto error = indefinite(user)) {
    return error;
  }
  if (!user.is_indefinitely_disabled && within(user.temporarily_disabled_from, user.temporarily_disabled_until, now)) {
    return disabled(user);
  }
  const bool too_early = user.account_valid_from && now < *user.account_valid_from;
  const bool too_late = user.account_valid_until && now >= *user.account_valid_until;
  if (too_early || too_late) {
    return refusal("UserOutsideValidPeriod", "the user's account is not valid now");
  }
  return std::nullopt;
}

}  // namespace

void check_may_sign_in(const User& user, TimePoint now) {
  if (const auto error = problem(user, now)) {
    throw Error(*error);
  }
}

bool may_sign_in(const User& user, TimePoint now) { return !problem(user, now).has_value(); }

}  // namespace gatehouse::user
