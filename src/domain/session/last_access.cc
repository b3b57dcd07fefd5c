#include "domain/session/last_access.h"

#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/telemetry/log.h"

namespace gatehouse::session {

namespace {

constexpr Micros kLongestInterval = std::chrono::minutes{5};
constexpr Micros kCollectFor = Seconds{1};
constexpr std::size_t kMostWaiting = 100'000;  // beyond it, uses are forgotten: the next one counts as well
constexpr std::size_t kMostAtOnce = 500;

struct Use {
  TimePoint at;
  std::string ip;
  std::string user_agent;
};

using Key = std::pair<std::string, std::string>;  // app, id: sorted, so that processes lock rows in one order
using Uses = std::map<Key, Use>;

struct Columns {
  std::vector<std::string> apps, ids, times, ips, agents;
};

Columns take(Uses& waiting) {
  Columns columns;
  while (!waiting.empty() && columns.ids.size() < kMostAtOnce) {
    const auto node = waiting.extract(waiting.begin());
    columns.apps.push_back(node.key().first);
    columns.ids.push_back(node.key().second);
    columns.times.push_back(rfc3339(node.mapped().at));
    columns.ips.push_back(node.mapped().ip);
    columns.agents.push_back(node.mapped().user_agent);
  }
  return columns;
}

void add(postgres::Batch& batch, postgres::Sql sql, const Columns& columns) {
  if (!columns.ids.empty()) {
    batch.add(sql, columns.apps, columns.ids, columns.times, columns.ips, columns.agents);
  }
}

}  // namespace

struct LastAccess::State {
  explicit State(postgres::Database& db) : database(db) {}
  postgres::Database& database;
  Uses sessions;
  Uses grants;
  bool writer_runs = false;
  bool closed = false;  // the database may be gone

  Task<void> write() {
    static constexpr postgres::Sql kSessions =
        "UPDATE _gatehouse_session AS s SET last_access_at = u.at, last_ip = u.ip, last_user_agent = u.agent "
        "FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS u (app_id, id, at, ip, "
        "agent) "
        "WHERE s.app_id = u.app_id AND s.id = u.id AND s.last_access_at < u.at";
    static constexpr postgres::Sql kGrants =
        "UPDATE _gatehouse_refresh AS r SET last_access_at = u.at, last_ip = u.ip, last_user_agent = u.agent "
        "FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS u (app_id, id, at, ip, "
        "agent) "
        "WHERE r.app_id = u.app_id AND r.grant_id = u.id AND r.last_access_at < u.at";
    while (!closed && (!sessions.empty() || !grants.empty())) {
      postgres::Batch batch;
      add(batch, kSessions, take(sessions));
      add(batch, kGrants, take(grants));
      gatehouse::Context ctx;
      ctx.request_id = "last-access";
      ctx.deadline = boot_time() + Seconds{5};
      co_await database.batch(ctx, std::move(batch));
    }
  }
};

LastAccess::LastAccess(postgres::Database& database) : state_(std::make_shared<State>(database)) {}

LastAccess::~LastAccess() { state_->closed = true; }

Micros LastAccess::interval(bool idle_timeout_enabled, Micros idle_timeout) {
  return idle_timeout_enabled ? std::min(idle_timeout / 10, kLongestInterval) : kLongestInterval;
}

namespace {

// A use that could not be written is lost: the next one that is noted, an interval later at most, makes up for it.
template <class State>
Task<void> write_soon(std::shared_ptr<State> state) {
  asio::steady_timer timer(co_await asio::this_coro::executor, kCollectFor);
  co_await timer.async_wait(asio::use_awaitable_t<Executor>{});
  state->writer_runs = false;
  if (state->closed) {
    co_return;
  }
  try {
    co_await state->write();
  } catch (const std::exception& error) {
    log::warn("last uses of sessions could not be written", {{"cause", error.what()}});
  }
}

}  // namespace

void LastAccess::note(Executor executor, const project::Context& ctx, Kind kind, const std::string& id) {
  auto& waiting = kind == Kind::session ? state_->sessions : state_->grants;
  if (waiting.size() >= kMostWaiting) {
    return;
  }
  waiting.insert_or_assign(Key{ctx.app_id().str(), id}, Use{ctx.now(), ctx.client_ip, ctx.user_agent});
  if (!std::exchange(state_->writer_runs, true)) {
    asio::co_spawn(executor, write_soon(state_), asio::detached);
  }
}

Task<void> LastAccess::flush() { return state_->write(); }

}  // namespace gatehouse::session
