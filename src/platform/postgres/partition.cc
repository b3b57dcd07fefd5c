#include "platform/postgres/partition.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace gatehouse::postgres {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

struct Range {
  std::string suffix;
  sys_days from;
  sys_days to;
};

struct Table {
  std::string name;
  std::string column;
  std::optional<std::string> leaf_key;
  std::vector<Range> ranges;  // that should have a partition
  sys_days keep_from;
};

Range day_range(sys_days day) {
  const year_month_day date{day};
  return {fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day())),
          day, day + days{1}};
}

Range month_range(year_month month) {
  return {fmt::format("{:04}_{:02}", static_cast<int>(month.year()), static_cast<unsigned>(month.month())),
          sys_days{month / 1}, sys_days{(month + std::chrono::months{1}) / 1}};
}

constexpr std::string_view kLockNotAvailable = "55P03";
constexpr std::string_view kDuplicateTable = "42P07";  // made by another since its name was looked for

// One statement that gives one value, in a transaction of its own; nothing for NULL, or when a lock was taken or
// another was faster.
template <class T>
Task<std::optional<T>> ask(Database& database, Context& ctx, PartitionWork& work, Sql sql, Params params) {
  std::optional<T> answer;
  try {
    co_await database.transaction(ctx, [&](Transaction& tx) -> Task<void> {
      const Result result = co_await tx.run(sql, params);
      answer = result.at(0, 0) ? std::optional<T>(result.as<T>(0)) : std::nullopt;
    });
  } catch (const StatementError& error) {
    if (error.sqlstate() == kLockNotAvailable) {
      ++work.postponed;
    } else if (error.sqlstate() != kDuplicateTable) {
      throw;
    }
  }
  co_return answer;
}

Task<void> add(Database& database, Context& ctx, PartitionWork& work, const Table& table) {
  static constexpr Sql kSql = "SELECT _gatehouse_partition_add($1, $2, $3, $4, $5, $6)";
  for (const auto& range : table.ranges) {
    const auto moved = co_await ask<std::int32_t>(
        database, ctx, work, kSql,
        Params(table.name, range.suffix, table.column, range.from, range.to, table.leaf_key));
    if (moved) {
      work.created += *moved >= 0 ? 1 : 0;
      work.moved += std::max(*moved, 0);
      work.left += *moved < 0 ? 1 : 0;
    }
  }
}

Task<void> remove(Database& database, Context& ctx, PartitionWork& work, const Table& table) {
  static constexpr Sql kDrop = "SELECT _gatehouse_partition_drop($1, $2)";
  static constexpr Sql kPurge = "SELECT _gatehouse_partition_purge($1, $2, $3)";
  while (co_await ask<std::string>(database, ctx, work, kDrop, Params(table.name, table.keep_from))) {
    ++work.dropped;
  }
  for (std::optional<std::int32_t> purged = 1; purged.value_or(0) > 0; work.purged += purged.value_or(0)) {
    purged = co_await ask<std::int32_t>(database, ctx, work, kPurge, Params(table.name, table.column, table.keep_from));
  }
}

}  // namespace

Task<PartitionWork> keep_daily_partitions(Database& database, Context& ctx, sys_days today, int days_ahead) {
  static constexpr Sql kTables =
      "SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid "
      "JOIN pg_namespace n ON n.oid = c.relnamespace "
      "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] "
      "WHERE n.nspname = current_schema() AND a.attname = 'expires_on' ORDER BY c.relname";
  PartitionWork work;
  SharedSession session(database, ctx);
  for (auto& name : co_await session.all<std::string>(kTables)) {
    Table table{std::move(name), "expires_on", std::nullopt, {}, today - days{1}};
    for (sys_days day = today - days{1}; day <= today + days{days_ahead}; day += days{1}) {
      table.ranges.push_back(day_range(day));
    }
    co_await add(database, ctx, work, table);
    co_await remove(database, ctx, work, table);
  }
  co_return work;
}

Task<PartitionWork> keep_monthly_partitions(Database& database, Context& ctx, std::string name, sys_days today,
                                            int months_ahead, days keep) {
  PartitionWork work;
  Table table{std::move(name), "created_at", "id", {}, today - keep};
  const year_month_day date{today};
  for (int i = 0; i <= months_ahead; ++i) {
    table.ranges.push_back(month_range(date.year() / date.month() + std::chrono::months{i}));
  }
  co_await add(database, ctx, work, table);
  if (keep > days{0}) {
    co_await remove(database, ctx, work, table);
  }
  co_return work;
}

}  // namespace gatehouse::postgres
