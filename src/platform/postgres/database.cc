#include "platform/postgres/database.h"

#include <algorithm>
#include <libpq-fe.h>
#include <set>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "platform/base/timer.h"
#include "platform/postgres/connection_pool.h"
#include "platform/postgres/listener.h"
#include "platform/postgres/server_list.h"
#include "platform/postgres/transaction.h"
#include "platform/postgres/wait_list.h"

namespace gatehouse::postgres {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr Micros kTick = std::chrono::milliseconds{25};
constexpr Micros kPatience = std::chrono::milliseconds{900};  // of a statement with nowhere to go, and with the server
constexpr Micros kSuspicious =
    std::chrono::milliseconds{300};  // silence after which the server is asked for a sign of life
constexpr Micros kProbeTime = std::chrono::milliseconds{500};  // to give one
constexpr Micros kAnswerGrace = std::chrono::seconds{1};       // beyond statement_timeout
constexpr std::size_t kWriteWeight = 8;                        // a commit takes as long as several reads
constexpr int kTries = 6;

Error nowhere_to_go() { return unavailable("the database does not answer"); }

// Until when a statement may wait for a connection. Throws when the request's own time is over.
Micros patience_ends(const Context& ctx) {
  const Micros end = boot_time() + kPatience;
  if (ctx.deadline == Micros{0}) {
    return end;
  }
  if (ctx.time_left() <= Micros{0}) {
    throw unavailable("the request took too long");
  }
  return std::min(end, ctx.deadline);
}

[[noreturn]] void give_up_on(const Segment& segment) {
  if (segment.error) {
    throw *segment.error;
  }
  throw nowhere_to_go();
}

}  // namespace

struct Database::Impl : std::enable_shared_from_this<Database::Impl> {
  Impl(asio::io_context& context, DatabaseOptions wanted)
      : io(context),
        options(std::move(wanted)),
        servers(std::make_shared<ServerList>(
            context, options.url, SessionSettings{options.schema, options.statement_time, options.synchronous_commit})),
        shared(std::make_shared<ConnectionPool>(context, servers, availability, options.connect_time)),
        leased(std::make_shared<ConnectionPool>(context, servers, availability, options.connect_time)),
        timer(context.get_executor()) {}

  void start();
  void close();

  Task<std::vector<Result>> perform(Context& ctx, std::vector<Statement> statements);
  Task<void> pause(int attempt);

  Micros hope_ends() const;
  std::shared_ptr<Connection> least_busy() const;
  Task<std::shared_ptr<Connection>> shared_connection(Micros give_up);
  Task<std::shared_ptr<Connection>> lease(Micros give_up);
  void give_back(std::shared_ptr<Connection> connection);
  void forget_dead();

  void watch();
  static Task<void> sweep(std::shared_ptr<Impl> self);
  static Task<void> probe(std::shared_ptr<Impl> self);
  void look_for_silence();
  std::set<std::size_t> silent_hosts() const;
  bool drop_if(const std::function<bool(const Connection&)>& condition);
  bool something_is_awaited() const;
  template <class F>
  void each_connection(F f) const {
    std::ranges::for_each(shared->connections(), f);
    std::ranges::for_each(leased->connections(), f);
  }

  asio::io_context& io;
  DatabaseOptions options;
  std::shared_ptr<ServerList> servers;
  std::shared_ptr<Availability> availability = std::make_shared<Availability>();
  std::shared_ptr<ConnectionPool> shared;
  std::shared_ptr<ConnectionPool> leased;
  std::vector<std::shared_ptr<Connection>> idle;
  std::size_t leases_in_use = 0;
  WaitList<std::shared_ptr<Connection>> shared_waiters;
  WaitList<std::shared_ptr<Connection>> lease_waiters;
  std::vector<std::weak_ptr<Listener>> listeners;
  Timer timer;
  Micros last_sign_of_life{0};
  bool sweeping = false;
  bool probing = false;
  bool closed = false;
};

void Database::Impl::start() {
  const std::weak_ptr<Impl> weak = weak_from_this();
  shared->on_arrival([weak](const std::shared_ptr<Connection>& connection) {
    const auto self = weak.lock();
    while (self && self->shared_waiters.give(connection)) {
    }
  });
  leased->on_arrival([weak](std::shared_ptr<Connection> connection) {
    const auto self = weak.lock();
    if (self && !self->lease_waiters.give(connection)) {
      self->forget_dead();
      self->idle.push_back(std::move(connection));
    }
  });
  shared->keep(options.shared_connections);
}

void Database::Impl::close() {
  closed = true;
  idle.clear();
  shared->close();
  leased->close();
  shared_waiters.expire(Micros::max());
  lease_waiters.expire(Micros::max());
  for (const auto& weak : listeners) {
    if (const auto listener = weak.lock()) {
      listener->stop();
    }
  }
  timer.cancel();
}

std::shared_ptr<Connection> Database::Impl::least_busy() const {
  const auto cost = [](const Connection& one) { return one.in_flight() + kWriteWeight * one.writes_in_flight(); };
  std::shared_ptr<Connection> best;
  for (const auto& one : shared->connections()) {
    if (one->usable() && one->in_flight() < options.pipeline_depth && (!best || cost(*one) < cost(*best))) {
      best = one;
    }
  }
  return best;
}

// Until when anybody waits for a connection (boot time). What is tried again after a silence waits for the rest only.
Micros Database::Impl::hope_ends() const {
  return availability->away() ? availability->away_since() + kPatience : Micros::max();
}

Task<std::shared_ptr<Connection>> Database::Impl::shared_connection(Micros give_up) {
  while (!closed) {
    if (auto best = least_busy()) {
      co_return best;
    }
    const bool full = std::ranges::any_of(shared->connections(), [](const auto& one) { return one->usable(); });
    const bool crowded = shared_waiters.size() >= options.shared_connections * options.pipeline_depth;
    if (full || crowded) {
      throw unavailable("the database has too much to do");
    }
    const Micros until = std::min(give_up, hope_ends());
    if (boot_time() >= until) {
      break;
    }
    watch();
    co_await shared_waiters.wait(until);
  }
  throw nowhere_to_go();
}

Task<std::vector<Result>> Database::Impl::perform(Context& ctx, std::vector<Statement> statements) {
  std::ranges::for_each(statements, [](const Statement& one) { refuse_nul(one.params); });
  const bool reads = std::ranges::all_of(statements, [](const Statement& one) { return one.sql.reads(); });
  const Micros give_up = patience_ends(ctx);
  bool read_again = false;
  for (int attempt = 1;; ++attempt) {
    const auto connection = co_await shared_connection(give_up);
    const auto segment = std::make_shared<Segment>();
    segment->statements = std::move(statements);
    ++ctx.postgres_round_trips;
    connection->submit(segment);
    watch();
    const Ending ending = co_await segment->ended.wait();
    statements = std::move(segment->statements);
    if (ending == Ending::done) {
      co_return std::move(segment->results);
    }
    if (ending == Ending::unknown && !reads) {
      throw commit_unknown();
    }
    if (ending == Ending::unknown && std::exchange(read_again, true)) {
      throw nowhere_to_go();
    }
    const bool demoted = segment->error && segment->error->sqlstate() == "25006";
    if (demoted) {
      shared->retire_all();
    }
    if (segment->error && !demoted && !segment->stale_plan && !may_be_retried(*segment->error)) {
      throw *segment->error;
    }
    if (attempt == kTries) {
      give_up_on(*segment);
    }
    co_await pause(attempt);
  }
}

// The first repetition comes at once, the next ones after 1, 2, 4 … ms.
Task<void> Database::Impl::pause(int attempt) {
  if (attempt > 1) {
    Timer wait(io.get_executor(), std::chrono::milliseconds{1 << (attempt - 2)});
    co_await wait.async_wait(kAwait);
  }
}

void Database::Impl::forget_dead() {
  std::erase_if(idle, [](const auto& one) { return !one->usable(); });
}

Task<std::shared_ptr<Connection>> Database::Impl::lease(Micros give_up) {
  forget_dead();
  if (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    ++leases_in_use;
    watch();
    co_return connection;
  }
  leased->keep(std::min(options.leased_connections, leased->connections().size() + lease_waiters.size() + 1));
  if (closed || boot_time() >= hope_ends()) {
    throw nowhere_to_go();
  }
  watch();
  auto connection = co_await lease_waiters.wait(std::min(give_up, boot_time() + options.lease_wait));
  if (!connection) {
    throw unavailable("every database connection is in use");
  }
  ++leases_in_use;
  co_return std::move(*connection);
}

void Database::Impl::give_back(std::shared_ptr<Connection> connection) {
  --leases_in_use;
  if (closed || !connection->usable() || connection->in_flight() > 0 || connection->in_transaction()) {
    leased->drop(connection);
    return;
  }
  if (!lease_waiters.give(connection)) {
    idle.push_back(std::move(connection));
  }
}

bool Database::Impl::something_is_awaited() const {
  // A leased connection may send its next statement at any time, and nobody says so.
  bool awaited = shared_waiters.size() + lease_waiters.size() + leases_in_use > 0;
  each_connection([&](const auto& one) { awaited = awaited || one->in_flight() > 0; });
  return awaited;
}

void Database::Impl::watch() {
  if (!sweeping && !closed) {
    sweeping = true;
    asio::co_spawn(io.get_executor(), sweep(shared_from_this()), asio::detached);
  }
}

// One coarse clock for everything that is waited for.
Task<void> Database::Impl::sweep(std::shared_ptr<Impl> self) {
  Micros last = boot_time();
  do {
    self->timer.expires_after(kTick);
    co_await self->timer.async_wait(kAwait);
    const Micros now = boot_time();
    const Micros passed = std::min(now - last, 2 * kTick);  // if we were stopped, the server is not to blame
    last = now;
    self->each_connection([&](const auto& one) { one->tick(passed); });
    self->shared_waiters.expire(now);
    self->lease_waiters.expire(now);
    self->look_for_silence();
  } while (!self->closed && self->something_is_awaited());
  self->sweeping = false;
}

void Database::Impl::look_for_silence() {
  drop_if([&](const Connection& one) { return one.silence() > options.statement_time + kAnswerGrace; });
  Micros longest{0};
  each_connection([&](const auto& one) { longest = std::max(longest, one->silence()); });
  if (longest > kSuspicious && !probing && !closed && boot_time() - last_sign_of_life > kSuspicious) {
    probing = true;
    asio::co_spawn(io.get_executor(), probe(shared_from_this()), asio::detached);
  }
}

// A slow statement is no reason to give up its connection, a dead server is: only a new connection tells them apart.
Task<void> Database::Impl::probe(std::shared_ptr<Impl> self) {
  const Micros time = kProbeTime / self->servers->size();
  const auto attempt = co_await self->servers->connect(time);
  const bool alive = attempt.connection != nullptr;
  std::set<std::size_t> answering;
  if (alive) {
    PQfinish(attempt.connection);
    self->last_sign_of_life = boot_time();
    answering.insert(attempt.host);
    for (const std::size_t host : self->silent_hosts()) {  // several may lead to one server
      if (host != attempt.host && co_await self->servers->takes_writes(host, time)) {
        answering.insert(host);
      }
    }
  }
  self->probing = false;
  Micros silence{0};
  const bool dropped = self->drop_if([&](const Connection& one) {
    const bool silent = one.silence() > kSuspicious && !answering.contains(one.host());
    silence = std::max(silence, silent ? one.silence() : Micros{0});
    return silent;
  });
  if (dropped && !alive) {
    self->availability->failed(attempt.why_not, boot_time() - silence);
  }
}

std::set<std::size_t> Database::Impl::silent_hosts() const {
  std::set<std::size_t> hosts;
  each_connection([&](const auto& one) {
    if (one->silence() > kSuspicious) {
      hosts.insert(one->host());
    }
  });
  return hosts;
}

bool Database::Impl::drop_if(const std::function<bool(const Connection&)>& condition) {
  std::vector<std::shared_ptr<Connection>> chosen;
  each_connection([&](const auto& one) {
    if (condition(*one)) {
      chosen.push_back(one);
    }
  });
  for (const auto& one : chosen) {
    shared->drop(one);
    leased->drop(one);
  }
  return !chosen.empty();
}

Database::Database(asio::io_context& io, DatabaseOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {
  impl_->start();
}

Database::~Database() { close(); }

void Database::close() { impl_->close(); }

Task<Result> Database::run(Context& ctx, Sql sql, Params params) {
  const auto impl = impl_;
  std::vector<Statement> statements;
  statements.push_back({sql, std::move(params)});
  auto results = co_await impl->perform(ctx, std::move(statements));
  co_return std::move(results.front());
}

Task<std::vector<Result>> Database::batch(Context& ctx, Batch batch) {
  const auto impl = impl_;
  if (batch.empty()) {
    co_return std::vector<Result>{};
  }
  co_return co_await impl->perform(ctx, batch.statements());
}

namespace {

// While it lives, the context knows that a connection is leased.
class LeaseMark {
 public:
  explicit LeaseMark(Context& ctx) : ctx_(ctx) { ctx_.lease_begins(); }
  ~LeaseMark() { ctx_.lease_ends(); }
  LeaseMark(const LeaseMark&) = delete;
  LeaseMark& operator=(const LeaseMark&) = delete;

 private:
  Context& ctx_;
};

}  // namespace

Task<void> Database::transaction(Context& ctx, std::function<Task<void>(Transaction&)> body) {
  const auto impl = impl_;
  const LeaseMark mark(ctx);
  const Micros give_up = patience_ends(ctx);
  for (int attempt = 1;; ++attempt) {
    LeasedTransaction transaction(ctx, co_await impl->lease(give_up));
    std::exception_ptr failure;
    try {
      co_await body(transaction);
      co_await transaction.commit();
    } catch (...) {
      failure = std::current_exception();
    }
    co_await transaction.roll_back();
    const bool again = transaction.may_run_again() && attempt < kTries;
    if (transaction.demoted()) {
      impl->leased->retire_all();
    }
    impl->give_back(transaction.connection());
    if (!failure) {
      co_return;
    }
    if (!again) {
      std::rethrow_exception(failure);
    }
    co_await impl->pause(attempt);
  }
}

Task<void> Database::listen(std::vector<std::string> channels, std::function<void(std::string, std::string)> on_notify,
                            std::function<void()> on_reconnect) {
  const auto impl = impl_;
  const auto listener = std::make_shared<Listener>(impl->io, impl->servers, impl->options.connect_time,
                                                   std::move(channels), std::move(on_notify), std::move(on_reconnect));
  std::erase_if(impl->listeners, [](const auto& weak) { return weak.expired(); });
  impl->listeners.push_back(listener);
  co_await Listener::run(listener);
}

DatabaseHealth Database::health() const {
  const bool reachable =
      std::ranges::any_of(impl_->shared->connections(), [](const auto& one) { return one->usable(); });
  DatabaseHealth health{reachable, impl_->leases_in_use, impl_->shared_waiters.size() + impl_->lease_waiters.size()};
  impl_->each_connection([&](const auto& one) { health.statements_waiting += one->in_flight(); });
  return health;
}

}  // namespace gatehouse::postgres
