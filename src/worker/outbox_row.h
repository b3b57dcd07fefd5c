#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "platform/base/clock.h"
#include "platform/postgres/database.h"

namespace gatehouse::worker {

// A row of _gatehouse_outbox that this process has claimed.
struct OutboxRow {
  std::string app_id;
  std::string id;
  std::string user_id;
  std::optional<boost::json::value> payload;  // as it stands there: nothing of its shape is sure
  std::optional<std::string> sealed;
  TimePoint created_at;
  std::int32_t attempts = 0;  // this one included; tells this claim from a later one
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (app_id, id, user_id, payload, sealed, created_at, attempts))

// How long claimed rows may be relied on, in boot time: the last seconds of the lease are not, and nothing that is seen
// outside is done after `send_until`, so that there is time to say so.
struct Claim {
  explicit Claim(Micros lease);
  Micros send_until;
  Micros until;
};

// Takes up to `most` rows of this kind for `lease`: nobody else gets them before. A process that dies gives them back
// by dying.
Task<std::vector<OutboxRow>> claim(postgres::Database& database, Context& ctx, std::string kind, std::size_t most,
                                   TimePoint now, Micros lease);

// Gives a row back, to be tried again later. `why` is shown to operators and holds no secret.
Task<void> put_off(postgres::Database& database, Context& ctx, OutboxRow row, TimePoint until, std::string why);

// All of them, in one statement.
Task<void> put_off_all(postgres::Database& database, Context& ctx, const std::vector<OutboxRow>& rows, TimePoint until,
                       std::string why);

// Part of the batch that says what came of the row: deletes it, or fails (StatementError::requirement_failed) if
// another process has claimed it since.
void finish(postgres::Batch& batch, const OutboxRow& row);

}  // namespace gatehouse::worker
