#pragma once

#include <chrono>
#include <string>

#include "platform/postgres/database.h"

namespace gatehouse::postgres {

struct PartitionWork {
  int created = 0;
  int dropped = 0;
  int moved = 0;      // rows that waited in the default partition
  int purged = 0;     // rows deleted from it
  int left = 0;       // ranges that stay in the default partition: more than 5,000 rows of them were there
  int postponed = 0;  // what found a lock taken; the next run does it
};

// Native partitions, made ahead and dropped when their time is over. Run by workers about once an hour; any number may
// run at once. Never fails because of rows that were there first.

// One partition a day, <table>_pYYYYMMDD, from yesterday on, for every table of the schema that is partitioned by a
// date column "expires_on". A day is dropped when it has been over for a day.
Task<PartitionWork> keep_daily_partitions(Database& database, Context& ctx, std::chrono::sys_days today,
                                          int days_ahead);

// One partition a month, <table>_pYYYY_MM with primary key (id), for a table partitioned by "created_at". A month is
// dropped when its youngest row is older than `keep`; 0 keeps all.
Task<PartitionWork> keep_monthly_partitions(Database& database, Context& ctx, std::string table,
                                            std::chrono::sys_days today, int months_ahead, std::chrono::days keep);

}  // namespace gatehouse::postgres
