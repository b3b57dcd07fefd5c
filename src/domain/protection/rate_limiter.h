#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/protection/gcra.h"
#include "platform/redis/client.h"
#include "platform/telemetry/metrics.h"
#include "project/context.h"

namespace gatehouse::protection {

// One bucket to take from: GCRA with `limit.burst` per `limit.period`.
struct Bucket {
  std::string name;   // "authentication.password.per_ip": <group>.<scope>; without a group the contract's bucket name
  std::string group;  // "authentication.password"; empty for limits that have none ("AuthflowAPIPerIP")
  std::string key;    // what it counts: an address, a user, a target
  project::RateLimit limit;
  double weight = 1;
};

constexpr std::int64_t kStartsPerMinute = 600;

// The one limiter in front of every credential check and every message. Windows live in Redis; while Redis is away an
// in-process limiter with the same limits goes on.
class RateLimiter {
 public:
  // `local`: the windows that the process's limiters share. `starts_per_minute`: 0: no limit.
  RateLimiter(redis::Client& redis, telemetry::Metrics& metrics,
              std::shared_ptr<LocalWindows> local = std::make_shared<LocalWindows>(),
              std::int64_t starts_per_minute = kStartsPerMinute)
      : redis_(redis), metrics_(metrics), local_(std::move(local)), starts_per_minute_(starts_per_minute) {}

  // Takes from all, or from none: Error TooManyRequest/RateLimited with info {bucket_name, rate_limit {name, group},
  // rate_limit_name} and Retry-After for the first that is empty. Disabled buckets are passed over. The first refusal
  // of a bucket in a minute goes to the audit log (rate_limit.blocked).
  Task<void> take(project::Context& ctx, std::vector<Bucket> buckets);
  // Before something is kept for somebody who has shown nothing yet: a flow ("flow_start"), a sign-in request
  // ("sign_in_start"). Counts by the client's network (/32, /56), each name by itself.
  Task<void> take_start(project::Context& ctx, std::string name);
  // Puts back what `take` took, for what counts only when it fails: a right password, a login ID that exists. Does
  // nothing while Redis is away but for the in-process limiter.
  Task<void> give_back(project::Context& ctx, std::vector<Bucket> buckets);

 private:
  Task<std::optional<Refusal>> take_from_redis(project::Context& ctx, const std::vector<Take>& takes);
  Task<void> report(project::Context& ctx, const Bucket& bucket, const std::string& window);
  bool worth_reporting(const std::string& window, TimePoint now);

  redis::Client& redis_;
  telemetry::Metrics& metrics_;
  std::shared_ptr<LocalWindows> local_;
  std::int64_t starts_per_minute_;
  std::unordered_map<std::string, TimePoint> reported_;
};

// The contract's `bucket_name` of a limit: "authentication.password.per_ip" is "VerifyPasswordPerIP".
std::string bucket_name(std::string_view limit_name);

}  // namespace gatehouse::protection
