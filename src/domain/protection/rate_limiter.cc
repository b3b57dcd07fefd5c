#include "domain/protection/rate_limiter.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "domain/event/event.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "platform/http/address.h"
#include "platform/telemetry/log.h"

namespace gatehouse::protection {

namespace {

constexpr Micros kReportEvery = std::chrono::minutes{1};
constexpr std::size_t kMostReported = 10'000;
constexpr std::size_t kKeyDigits = 32;

constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kBucketNames{{
    {"authentication.password.per_ip", "VerifyPasswordPerIP"},
    {"authentication.password.per_user_per_ip", "VerifyPasswordPerUserPerIP"},
    {"authentication.totp.per_ip", "VerifyTOTPPerIP"},
    {"authentication.totp.per_user_per_ip", "VerifyTOTPPerUserPerIP"},
    {"authentication.passkey.per_ip", "VerifyPasskeyPerIP"},
    {"authentication.recovery_code.per_ip", "VerifyRecoveryCodePerIP"},
    {"authentication.recovery_code.per_user_per_ip", "VerifyRecoveryCodePerUserPerIP"},
    {"authentication.signup.per_ip", "SignupPerIP"},
    {"authentication.signup_anonymous.per_ip", "SignupAnonymousPerIP"},
    {"authentication.account_enumeration.per_ip", "AccountEnumerationPerIP"},
    {"authentication.oob_otp.email.trigger.per_ip", "OOBOTPTriggerEmailPerIP"},
    {"authentication.oob_otp.email.trigger.per_user", "OOBOTPTriggerEmailPerUser"},
    {"authentication.oob_otp.email.validate.per_ip", "OOBOTPValidateEmailPerIP"},
    {"authentication.oob_otp.email.validate.per_user_per_ip", "OOBOTPValidateEmailPerUserPerIP"},
    {"verification.email.trigger.per_ip", "VerificationTriggerEmailPerIP"},
    {"verification.email.trigger.per_user", "VerificationTriggerEmailPerUser"},
    {"verification.email.validate.per_ip", "VerificationValidateEmailPerIP"},
    {"forgot_password.email.trigger.per_ip", "ForgotPasswordTriggerEmailPerIP"},
    {"forgot_password.email.validate.per_ip", "ForgotPasswordValidateEmailPerIP"},
    {"messaging.email.per_project", "MessagingEmail"},
    {"messaging.email.per_ip", "MessagingEmailPerIP"},
    {"messaging.email.per_target", "MessagingEmailPerTarget"},
    {"oauth.token.general.per_ip", "OAuthTokenPerIP"},
    {"oauth.token.general.per_user", "OAuthTokenPerUser"},
    {"oauth.token.client_credentials.per_client", "OAuthTokenClientCredentialsPerClient"},
}};

// What is counted is hashed: it may be somebody's address, of any length.
std::string window_of(const project::Context& ctx, const Bucket& bucket) {
  const std::string counted = crypto::sha256_hex(bucket.key).substr(0, kKeyDigits);
  return fmt::format("gh:{}:rate:{}:{}", ctx.app_id().str(), bucket.name, counted);
}

bool counts(const Bucket& bucket) {
  return bucket.limit.enabled && bucket.limit.burst > 0 && bucket.limit.period > Micros{};
}

std::vector<Take> takes_of(const project::Context& ctx, const std::vector<Bucket>& buckets) {
  std::vector<Take> takes;
  takes.reserve(buckets.size());
  for (const auto& bucket : buckets) {
    takes.push_back({window_of(ctx, bucket), bucket.limit.period, bucket.limit.burst, bucket.weight});
  }
  return takes;
}

boost::json::object limit_json(const Bucket& bucket) { return {{"name", bucket.name}, {"group", bucket.group}}; }

Error limited(const Bucket& bucket, Micros wait) {
  boost::json::object info{{"bucket_name", bucket_name(bucket.name)}};
  if (!bucket.group.empty()) {
    info["rate_limit"] = limit_json(bucket);
    info["rate_limit_name"] = bucket.group;
  }
  const auto seconds = std::chrono::ceil<Seconds>(wait).count();
  return std::move(Error(ErrorKind::too_many_request, "RateLimited", "request rate limited", std::move(info))
                       .with_retry_after(static_cast<int>(std::max<std::int64_t>(seconds, 1))));
}

}  // namespace

std::string bucket_name(std::string_view limit_name) {
  const auto* const found = std::ranges::find(kBucketNames, limit_name, [](const auto& entry) { return entry.first; });
  return std::string(found == kBucketNames.end() ? limit_name : found->second);
}

Task<std::optional<Refusal>> RateLimiter::take_from_redis(project::Context& ctx, const std::vector<Take>& takes) {
  const redis::Reply reply =
      co_await redis_.run(ctx, take_script(), script_keys(takes), script_arguments(takes, ctx.now()));
  if (reply.array.empty()) {
    co_return std::nullopt;
  }
  co_return Refusal{static_cast<std::size_t>(reply.array.at(0).integer) - 1, Micros{reply.array.at(1).integer}};
}

Task<void> RateLimiter::take(project::Context& ctx, std::vector<Bucket> buckets) {
  std::erase_if(buckets, [](const Bucket& bucket) { return !counts(bucket); });
  if (buckets.empty()) {
    co_return;
  }
  const auto takes = takes_of(ctx, buckets);
  std::optional<Refusal> refusal;
  bool away = false;
  try {
    refusal = co_await take_from_redis(ctx, takes);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::service_unavailable) {
      throw;
    }
    away = true;
  }
  if (away) {
    metrics_.count("gatehouse_rate_limit_local_total");
    refusal = local_->take(takes, ctx.now());
  }
  if (!refusal) {
    co_return;
  }
  const Bucket& full = buckets.at(refusal->index);
  metrics_.count("gatehouse_rate_limited_total", {{"bucket", bucket_name(full.name)}});
  co_await report(ctx, full, takes.at(refusal->index).key);
  throw limited(full, refusal->wait);
}

Task<void> RateLimiter::take_start(project::Context& ctx, std::string name) {
  Bucket bucket{.name = std::move(name),
                .key = http::client_network(ctx.client_ip),
                .limit = {.enabled = true, .period = std::chrono::minutes{1}, .burst = starts_per_minute_}};
  std::vector<Bucket> buckets;
  buckets.push_back(std::move(bucket));
  co_await take(ctx, std::move(buckets));
}

Task<void> RateLimiter::give_back(project::Context& ctx, std::vector<Bucket> buckets) {
  std::erase_if(buckets, [](const Bucket& bucket) { return !counts(bucket); });
  if (buckets.empty()) {
    co_return;
  }
  const auto takes = takes_of(ctx, buckets);
  local_->give_back(takes, ctx.now());
  try {
    co_await redis_.run(ctx, give_back_script(), script_keys(takes), script_arguments(takes, ctx.now()));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::service_unavailable) {
      throw;
    }
  }
}

bool RateLimiter::worth_reporting(const std::string& window, TimePoint now) {
  if (reported_.size() >= kMostReported) {
    std::erase_if(reported_, [now](const auto& entry) { return entry.second + kReportEvery <= now; });
  }
  if (reported_.size() >= kMostReported) {
    return false;  // a flood: the metric counts it
  }
  auto& last = reported_[window];
  if (last + kReportEvery > now) {
    return false;
  }
  last = now;
  return true;
}

// Whoever is refused hears of the limit, whether the audit log could be reached or not.
Task<void> RateLimiter::report(project::Context& ctx, const Bucket& bucket, const std::string& window) {
  if (bucket.group.empty() || !worth_reporting(window, ctx.now())) {
    co_return;
  }
  postgres::Batch batch;
  event::add(batch, ctx, {.type = "rate_limit.blocked", .payload = {{"rate_limit", limit_json(bucket)}}});
  try {
    co_await ctx.commit(std::move(batch));
  } catch (const Error& error) {
    log::warn("a refusal by a rate limit was not written to the audit log", {{"cause", error.message()}});
  }
}

}  // namespace gatehouse::protection
