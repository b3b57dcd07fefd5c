#pragma once

#include <optional>
#include <string>

#include "domain/event/event.h"
#include "domain/model/ids.h"
#include "domain/protection/rate_limiter.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::verification {

struct CodeRequest {
  std::string purpose;   // "verification"
  std::string target;    // normalized e-mail address
  std::string message;   // type of the contract's messages: "verification"
  std::string need_key;  // the same key sends once, however often it is asked
  std::optional<UserId> user;
  Micros valid_for = std::chrono::minutes{5};
  bool decoy = false;  // all is done as for a code, but the message has none, and no code will be right
  std::string link;    // for the message
};

struct SentCode {
  TimePoint expires_at;
  TimePoint can_resend_at;
};

enum class CodeVerdict { right, wrong, expired, too_many_attempts };

// Six-digit codes by e-mail, stored as HMAC with their target. A new code for the same purpose and target replaces the
// old.
class OneTimeCodes {
 public:
  OneTimeCodes(protection::RateLimiter& limiter, const crypto::KeyRing& keys) : limiter_(limiter), keys_(keys) {}

  // Makes a code and puts its message into the outbox, in one transaction. Error TooManyRequest from the limiter, also
  // for another purpose within the target's cooldown.
  Task<SentCode> send(project::Context& ctx, CodeRequest request);

  // Counts the attempt, compares, consumes: right at most once. `need_key`: the same question gets the same answer.
  Task<CodeVerdict> check(project::Context& ctx, std::string purpose, std::string target, std::string code,
                          std::string need_key);

 private:
  protection::RateLimiter& limiter_;
  const crypto::KeyRing& keys_;
};

}  // namespace gatehouse::verification
