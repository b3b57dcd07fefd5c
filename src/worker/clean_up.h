#pragma once

#include "platform/base/clock.h"
#include "platform/postgres/database.h"

namespace gatehouse::worker {

// Removes what is over: sessions, token families, one-time codes, lockouts, revocations and leases, at most 5,000 rows
// a transaction. What is used once and lives by the day goes with its partition instead. Returns the number of rows.
Task<std::int64_t> clean_up(postgres::Database& database, Context& ctx, TimePoint now);

}  // namespace gatehouse::worker
