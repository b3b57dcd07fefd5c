#pragma once

#include <string>
#include <string_view>

#include "platform/base/time.h"
#include "project/context.h"

namespace gatehouse::consume {

// Something that may be used once. `expires_on` is fixed when it is made and stored or sealed with it, never computed
// when it is used: otherwise two days would mean two uses.
struct Artefact {
  std::string kind;        // "authorization_code", "flow", "otp" …
  std::string identifier;  // hashed here; never stored in the clear
  std::chrono::sys_days expires_on;
};

enum class Outcome { done, already_used };

// The one way to use something once: writes `batch` and the use in one transaction, or nothing. A commit whose answer
// was lost is found again, not repeated, so `done` is the truth. Everybody who comes second gets `already_used`.
Task<Outcome> commit(project::Context& ctx, Artefact artefact, postgres::Batch batch);

// The day until which a use of something that expires at `t` is remembered.
std::chrono::sys_days expiry_day(TimePoint t);

// Writes that are not tied to anything single-use, with the same certainty about a lost answer.
Task<void> commit(project::Context& ctx, postgres::Batch batch);

// The same for a batch with requirements (_gatehouse_require); false where one of them does not hold.
Task<bool> try_commit(project::Context& ctx, postgres::Batch batch);

}  // namespace gatehouse::consume
