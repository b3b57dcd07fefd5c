#include "domain/session/revocations.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <iterator>
#include <mutex>
#include <unordered_map>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/base/one_shot.h"
#include "platform/base/uuid.h"
#include "platform/telemetry/log.h"

namespace gatehouse::session {

namespace {

constexpr Micros kLeaseTime = Seconds{1};
constexpr Micros kRenewEvery = std::chrono::milliseconds{333};
// A revocation becomes visible at most this long after its row got its time.
constexpr Micros kLongestTransaction = Seconds{10};
// The window that is read is twice as long: two reads further apart than this may have missed something between them.
constexpr Micros kLongestGap = kLongestTransaction;
// Longer than any cached answer is used (LeasedCache) and any response takes.
constexpr Micros kRememberFor = Seconds{120};

constexpr std::size_t kBoardSize = 4096;

struct Known {
  std::uint64_t sequence;
  Micros seen_at;
};

std::string key_of(const ProjectId& app, std::string_view id) {
  std::string key;
  key.reserve(app.str().size() + 1 + id.size());
  key.append(app.str()).push_back('\0');
  return key.append(id);
}

}  // namespace

struct RevocationBoard::Impl {
  std::atomic<std::uint64_t> version{0};  // how many were posted
  mutable std::mutex mutex;
  std::deque<std::string> latest;
};

RevocationBoard::RevocationBoard() : impl_(std::make_unique<Impl>()) {}

RevocationBoard::~RevocationBoard() = default;

std::uint64_t RevocationBoard::version() const { return impl_->version.load(std::memory_order_acquire); }

void RevocationBoard::post(std::vector<std::string> keys) {
  const std::lock_guard lock(impl_->mutex);
  impl_->version.fetch_add(keys.size(), std::memory_order_release);
  std::ranges::move(keys, std::back_inserter(impl_->latest));
  while (impl_->latest.size() > kBoardSize) {
    impl_->latest.pop_front();
  }
}

std::optional<std::vector<std::string>> RevocationBoard::since(std::uint64_t version) const {
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t missed = impl_->version.load() - version;
  if (missed > impl_->latest.size()) {
    return std::nullopt;
  }
  return std::vector<std::string>(impl_->latest.end() - static_cast<std::ptrdiff_t>(missed), impl_->latest.end());
}

struct RevocationFeed::Impl {
  Impl(postgres::Database& db, std::string process, std::shared_ptr<RevocationBoard> shared,
       std::function<Micros()> clock)
      : database(db),
        process_id(std::move(process)),
        board(shared ? std::move(shared) : std::make_shared<RevocationBoard>()),
        boot(std::move(clock)),
        board_version(board->version()) {}

  postgres::Database& database;
  std::string process_id;
  std::shared_ptr<RevocationBoard> board;
  std::function<Micros()> boot;
  std::uint64_t board_version;

  bool has_lease = false;
  Micros leased_at{};            // read before the renewal was sent
  std::uint64_t generation = 1;  // changes with each gap in what was read
  std::uint64_t sequence = 0;
  std::unordered_map<std::string, Known> known;  // by app and subject
  std::unordered_map<std::string, Micros> rows;  // when they were seen last
  Micros pruned_at{};

  bool stopping = false;
  std::function<void()> cancel_pause;  // of `run`

  bool renewing = false;
  std::vector<std::shared_ptr<OneShot<bool>>> waiting;

  bool fresh() const { return has_lease && boot() - leased_at <= kLeaseTime; }

  // Wakes those who wait for the renewal, however it ended.
  struct Renewal {
    explicit Renewal(Impl& owner) : impl(owner) { impl.renewing = true; }
    ~Renewal() {
      impl.renewing = false;
      for (auto& waiter : std::exchange(impl.waiting, {})) {
        waiter->set(done);
      }
    }
    Renewal(const Renewal&) = delete;
    Renewal& operator=(const Renewal&) = delete;
    Impl& impl;
    bool done = false;
  };

  Task<bool> join() {
    auto waiter = std::make_shared<OneShot<bool>>();
    waiting.push_back(waiter);
    co_return co_await waiter->wait();
  }

  Task<void> renew() {
    static constexpr postgres::Sql kRenew =
        "INSERT INTO _gatehouse_lease (process_id, renewed_at) VALUES ($1, clock_timestamp()) "
        "ON CONFLICT (process_id) DO UPDATE SET renewed_at = excluded.renewed_at";
    // of all projects of the database; interval = 2 × kLongestTransaction
    static constexpr postgres::Sql kRecent =
        "SELECT id, app_id, subject FROM _gatehouse_revocation WHERE revoked_at > now() - interval '20 seconds'";
    Renewal renewal(*this);
    const Micros sent_at = boot();
    gatehouse::Context ctx;
    ctx.request_id = "revocation-lease";
    ctx.deadline = boot_time() + kLeaseTime;
    postgres::Batch batch;
    batch.add(kRenew, process_id).add(kRecent);
    const auto results = co_await database.batch(ctx, std::move(batch));
    learn(results.at(1), sent_at);
    renewal.done = true;
  }

  void learn(const postgres::Result& recent, Micros sent_at) {
    if (has_lease && sent_at - leased_at > kLongestGap) {
      ++generation;
    }
    for (std::size_t row = 0; row < recent.rows(); ++row) {
      const bool is_new = rows.insert_or_assign(std::string(recent.at(row, 0).value()), sent_at).second;
      if (is_new) {
        const ProjectId app{std::string(recent.at(row, 1).value())};
        learn(key_of(app, recent.at(row, 2).value()), sent_at);
      }
    }
    forget(sent_at);
    leased_at = sent_at;
    has_lease = true;
  }

  void learn(std::string key, Micros seen_at) { known.insert_or_assign(std::move(key), Known{++sequence, seen_at}); }

  // What other cores of this process revoked.
  void read_board() {
    const std::uint64_t version = board->version();
    if (version == board_version) {
      return;
    }
    auto posted = board->since(board_version);
    if (!posted) {
      ++generation;
      board_version = version;
      return;
    }
    board_version += posted->size();
    const Micros now = boot();
    for (std::string& key : *posted) {
      learn(std::move(key), now);
    }
  }

  void forget(Micros now) {
    if (now - pruned_at < kRememberFor / 4) {
      return;
    }
    std::erase_if(known, [&](const auto& entry) { return now - entry.second.seen_at > kRememberFor; });
    std::erase_if(rows, [&](const auto& entry) { return now - entry.second > kRememberFor; });
    pruned_at = now;
  }

  bool revoked_since(const ProjectId& app, std::string_view id, std::uint64_t ticket_sequence) const {
    const auto found = known.find(key_of(app, id));
    return found != known.end() && found->second.sequence > ticket_sequence;
  }
};

RevocationFeed::RevocationFeed(postgres::Database& database, std::string process_id,
                               std::shared_ptr<RevocationBoard> board, std::function<Micros()> boot)
    : impl_(std::make_shared<Impl>(database, std::move(process_id), std::move(board), std::move(boot))) {}

RevocationFeed::~RevocationFeed() = default;

Task<void> RevocationFeed::run() {
  const auto impl = impl_;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  impl->cancel_pause = [&timer] { timer.cancel(); };
  bool said = false;
  while (!impl->stopping) {
    try {
      if (!impl->renewing) {
        co_await impl->renew();
        said = false;
      }
    } catch (const std::exception& error) {
      if (!std::exchange(said, true)) {
        log::warn("the lease on cached sessions and tokens cannot be renewed", {{"cause", error.what()}});
      }
    }
    if (!impl->stopping) {
      timer.expires_after(kRenewEvery);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    }
  }
  impl->cancel_pause = nullptr;
}

void RevocationFeed::stop() {
  impl_->stopping = true;
  if (impl_->cancel_pause) {
    impl_->cancel_pause();
  }
}

bool RevocationFeed::fresh() const { return impl_->fresh(); }

Task<void> RevocationFeed::ensure_fresh(gatehouse::Context& ctx) {
  ctx.assert_no_lease("renewing the lease on the caches");
  const auto impl = impl_;
  // A renewal that was under way may have been sent too long ago; the next one is not.
  for (int tries = 0; tries < 3 && !impl->fresh(); ++tries) {
    if (!impl->renewing) {
      co_await impl->renew();
    } else if (!co_await impl->join()) {
      break;
    }
  }
  if (!impl->fresh()) {
    throw unavailable("cannot confirm that the session was not revoked");
  }
}

Ticket RevocationFeed::ticket(const ProjectId& app, std::vector<std::string> ids) const {
  impl_->read_board();
  return Ticket{impl_->generation, impl_->sequence, app, std::move(ids)};
}

bool RevocationFeed::holds(const Ticket& ticket) const {
  impl_->read_board();
  if (!impl_->fresh() || ticket.generation != impl_->generation) {
    return false;
  }
  return std::ranges::none_of(
      ticket.ids, [&](const std::string& id) { return impl_->revoked_since(ticket.app, id, ticket.sequence); });
}

void RevocationFeed::announce(const ProjectId& app, const std::vector<std::string>& ids) {
  std::vector<std::string> keys;
  std::ranges::transform(ids, std::back_inserter(keys), [&](const std::string& id) { return key_of(app, id); });
  impl_->board->post(std::move(keys));
}

Micros RevocationFeed::boot() const { return impl_->boot(); }

postgres::Database& RevocationFeed::database() const { return impl_->database; }

void RevocationFeed::add(postgres::Batch& batch, const project::Context& ctx, std::string_view kind,
                         std::string_view id) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_revocation (app_id, id, kind, subject) VALUES ($1, $2, $3, $4)";
  batch.add(kSql, ctx.app_id(), uuid_v7(ctx.now()), kind, id);
}

}  // namespace gatehouse::session
