#include <atomic>
#include <filesystem>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "platform/base/timer.h"
#include "platform/postgres/database.h"
#include "platform/postgres/private_server.h"
#include "support/proxy.h"
#include "support/run_task.h"
#include "support/temporary_folder.h"

namespace gatehouse::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Sql kInsert = "INSERT INTO t (n) VALUES ($1)";
constexpr Sql kRead = "SELECT count(*) FROM t";
constexpr Sql kEnterGate = "SELECT pg_advisory_xact_lock_shared(1)";
constexpr Sql kCloseGate = "SELECT pg_advisory_xact_lock(1)";
constexpr Sql kBackend = "SELECT pg_backend_pid()";
constexpr Sql kTerminate = "SELECT pg_terminate_backend($1)";
constexpr Sql kCancel = "SELECT pg_cancel_backend($1)";
Task<void> read_once(Transaction& tx) { co_await tx.run(kRead, Params()); }

constexpr Sql kAtGate =
    "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'";

class DatabaseUnderFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder() = std::make_unique<test::TemporaryFolder>();
    server() = std::make_unique<PrivateServer>(
        PrivateServerOptions{.data = *folder() / "data", .run = *folder() / "run", .fsync = false});
  }
  static void TearDownTestSuite() {
    server().reset();
    folder().reset();
  }
  static std::unique_ptr<PrivateServer>& server() {
    static std::unique_ptr<PrivateServer> server;
    return server;
  }
  static std::unique_ptr<test::TemporaryFolder>& folder() {
    static std::unique_ptr<test::TemporaryFolder> folder;
    return folder;
  }

  DatabaseUnderFaults() {
    static int count = 0;
    name_ = "faults_" + std::to_string(++count);
    server()->create_database(name_);
    options_.url = server()->url(name_);
    options_.shared_connections = 1;
    observer_ = std::make_unique<Database>(io_, options_);
    static constexpr Sql kMake = "CREATE TABLE t (n int)";
    observe(kMake);
  }
  ~DatabaseUnderFaults() override {
    if (gate_.joinable()) {
      open_gate();
    }
  }

  Database& database() {
    if (!database_) {
      database_ = std::make_unique<Database>(io_, options_);
    }
    return *database_;
  }
  template <class... Args>
  Result observe(Sql sql, const Args&... args) {
    return test::run_task(io_, observer_->run(observer_ctx_, sql, Params(args...)));
  }
  std::int64_t count() { return observe(kRead).as<std::int64_t>(0); }
  template <class... Args>
  Result run(Sql sql, const Args&... args) {
    return test::run_task(io_, database().run(ctx_, sql, Params(args...)));
  }

  // While the gate is closed, statements that run kEnterGate wait.
  void close_gate() {
    std::atomic<bool> closed = false;
    gate_open_ = false;
    gate_ = std::thread([this, &closed] {
      asio::io_context io;
      Database keeper(io, {.url = server()->url(name_), .leased_connections = 1});
      Context ctx;
      test::run_task(io, keeper.transaction(ctx, [&](Transaction& tx) -> Task<void> {
        co_await tx.run(kCloseGate, Params());
        closed = true;
        gate_open_.wait(false);
      }));
    });
    while (!closed) {
      std::this_thread::yield();
    }
  }
  void open_gate() {
    gate_open_ = true;
    gate_open_.notify_all();
    gate_.join();
  }
  std::int32_t backend_at_gate() {
    for (;;) {
      if (const auto pid = observe(kAtGate).as<std::int32_t>(0); pid != 0) {
        return pid;
      }
    }
  }

  // Outcomes of statements started together.
  struct Started {
    int done = 0;
    int failed = 0;
    std::string last_error;
    std::vector<std::unique_ptr<Context>> contexts;
  };
  template <class... Args>
  void start(Started& started, Sql sql, const Args&... args) {
    started.contexts.push_back(std::make_unique<Context>());
    asio::co_spawn(io_.get_executor(), database().run(*started.contexts.back(), sql, Params(args...)),
                   [&started](std::exception_ptr failure, const Result&) {
                     ++started.done;
                     started.failed += failure ? 1 : 0;
                     started.last_error = failure ? name_of(failure) : started.last_error;
                   });
  }
  void finish(const Started& started) {
    while (started.done < static_cast<int>(started.contexts.size())) {
      io_.run_one();
    }
  }

  static std::string name_of(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const StatementError& error) {
      return error.sqlstate();
    } catch (const Error& error) {
      return error.reason();
    }
  }
  template <class F>
  static std::string failure_of(F f) {
    try {
      f();
    } catch (...) {
      return name_of(std::current_exception());
    }
    return "";
  }

  fs::path proxied() {
    const fs::path run = *folder() / ("proxy_" + name_);
    fs::create_directory(run);
    options_.url = "postgres://gatehouse@/" + name_ + "?host=" + run.string();
    return run / ".s.PGSQL.5432";
  }
  static fs::path server_socket() { return server()->run() / ".s.PGSQL.5432"; }

  asio::io_context io_{1};
  std::string name_;
  DatabaseOptions options_;
  Context ctx_;
  Context observer_ctx_;
  std::unique_ptr<Database> observer_;
  std::unique_ptr<Database> database_;
  std::thread gate_;
  std::atomic<bool> gate_open_ = false;
};

TEST_F(DatabaseUnderFaults, killing_one_pipelined_statement_fails_no_neighbour) {
  close_gate();
  run(kBackend);
  Started started;
  start(started, kEnterGate);
  for (int i = 0; i < 63; ++i) {
    start(started, kInsert, i);
  }
  observe(kTerminate, backend_at_gate());
  backend_at_gate();  // the statement came back on another connection
  open_gate();
  finish(started);
  EXPECT_EQ(started.failed, 0) << started.last_error;
  EXPECT_EQ(count(), 63);
}

TEST_F(DatabaseUnderFaults, cancelling_one_pipelined_statement_fails_only_that) {
  close_gate();
  run(kBackend);
  Started started;
  start(started, kInsert, 1);
  start(started, kEnterGate);
  for (int i = 0; i < 62; ++i) {
    start(started, kInsert, i);
  }
  observe(kCancel, backend_at_gate());
  finish(started);
  EXPECT_EQ(started.failed, 1);
  EXPECT_EQ(started.last_error, "57014");
  EXPECT_EQ(count(), 63);
}

TEST_F(DatabaseUnderFaults, a_slow_statement_ends_by_its_timeout) {
  options_.statement_time = 100ms;
  static constexpr Sql kSlow = "SELECT pg_sleep(10)";
  EXPECT_EQ(failure_of([&] { run(kSlow); }), "57014");
}

TEST_F(DatabaseUnderFaults, with_every_lease_taken_the_next_one_is_refused_within_300_ms) {
  options_.leased_connections = 2;
  close_gate();
  Context contexts[2];
  int done = 0;
  const auto enter = [](Transaction& tx) -> Task<void> { co_await tx.run(kEnterGate, Params()); };
  for (auto& ctx : contexts) {
    asio::co_spawn(io_.get_executor(), database().transaction(ctx, enter), [&](std::exception_ptr) { ++done; });
  }
  while (database().health().leases_in_use < 2) {
    io_.run_one();
  }
  const Micros start = boot_time();
  EXPECT_EQ(failure_of([&] { test::run_task(io_, database().transaction(ctx_, enter)); }), "ServiceUnavailable");
  EXPECT_LE(boot_time() - start, 300ms);
  EXPECT_GE(boot_time() - start, 250ms);
  EXPECT_EQ(run(kBackend).rows(), 1U);  // single statements go on
  open_gate();
  while (done < 2) {
    io_.run_one();
  }
  test::run_task(io_, database().transaction(ctx_, enter));
  EXPECT_EQ(database().health().leases_in_use, 0U);
}

TEST_F(DatabaseUnderFaults, a_second_lease_within_the_first_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto nested = [this](Transaction& tx) -> Task<void> {
    co_await tx.run(kBackend, Params());
    co_await database().transaction(ctx_, [](Transaction&) -> Task<void> { co_return; });
  };
  EXPECT_DEATH(test::run_task(io_, database().transaction(ctx_, nested)),
               "a second lease while a PostgreSQL connection");
}

TEST_F(DatabaseUnderFaults, a_connection_lost_before_commit_runs_the_body_again) {
  int runs = 0;
  const auto body = [&](Transaction& tx) -> Task<void> {
    co_await tx.run(kInsert, Params(++runs));
    const auto backend = (co_await tx.run(kBackend, Params())).as<std::int32_t>(0);
    if (runs == 1) {
      co_await observer_->run(observer_ctx_, kTerminate, Params(backend));
    }
  };
  test::run_task(io_, database().transaction(ctx_, body));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseUnderFaults, a_commit_whose_answer_is_lost_is_unknown) {
  test::Proxy proxy(proxied(), server_socket());
  run(kBackend);
  proxy.swallow_answers(true);
  Started started;
  start(started, kInsert, 1);
  while (count() == 0) {
  }
  proxy.cut();
  finish(started);
  EXPECT_EQ(started.last_error, "CommitUnknown");
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseUnderFaults, a_transactions_commit_whose_answer_is_lost_is_unknown_and_not_repeated) {
  test::Proxy proxy(proxied(), server_socket());
  int runs = 0;
  int done = 0;
  std::string failed;
  const auto body = [&](Transaction& tx) -> Task<void> {
    ++runs;
    co_await tx.run(kInsert, Params(1));
    proxy.swallow_answers(true);
  };
  asio::co_spawn(io_.get_executor(), database().transaction(ctx_, body), [&](const std::exception_ptr& failure) {
    failed = failure ? name_of(failure) : "";
    ++done;
  });
  while (count() == 0) {
  }
  proxy.swallow_answers(false);
  proxy.cut();
  while (done == 0) {
    io_.run_one();
  }
  EXPECT_EQ(failed, "CommitUnknown");
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseUnderFaults, a_read_whose_answer_is_lost_is_asked_again) {
  test::Proxy proxy(proxied(), server_socket());
  run(kBackend);
  proxy.swallow_answers(true);
  Started started;
  start(started, kRead);
  for (int i = 0; i < 10; ++i) {
    count();  // gives the read time to arrive
  }
  proxy.swallow_answers(false);
  proxy.cut();
  finish(started);
  EXPECT_EQ(started.failed, 0) << started.last_error;
}

TEST_F(DatabaseUnderFaults, a_server_that_falls_silent_is_noticed_within_a_second_and_taken_back) {
  test::Proxy proxy(proxied(), server_socket());
  run(kBackend);
  proxy.freeze(true);
  for (const Sql sql : {kRead, kBackend, kRead}) {
    const Micros start = boot_time();
    EXPECT_EQ(failure_of([&] { run(sql); }).empty(), false);
    EXPECT_LE(boot_time() - start, 1s);
  }
  EXPECT_FALSE(database().health().reachable);
  proxy.freeze(false);
  proxy.cut();
  while (!failure_of([&] { run(kRead); }).empty()) {
  }
  EXPECT_TRUE(database().health().reachable);
}

TEST_F(DatabaseUnderFaults, a_write_to_a_server_that_falls_silent_and_its_repetition_end_within_a_second) {
  test::Proxy proxy(proxied(), server_socket());
  run(kBackend);
  proxy.freeze(true);
  const Micros start = boot_time();
  EXPECT_EQ(failure_of([&] { run(kInsert, 1); }), "CommitUnknown");
  EXPECT_EQ(failure_of([&] { run(kInsert, 1); }), "ServiceUnavailable");
  EXPECT_LE(boot_time() - start, 1s);
}

TEST_F(DatabaseUnderFaults, a_slow_statement_is_not_taken_for_a_dead_server) {
  static constexpr Sql kSlow = "SELECT count(*) FROM t, pg_sleep(1.2)";
  EXPECT_EQ(run(kSlow).rows(), 1U);
}

TEST_F(DatabaseUnderFaults, a_slow_statement_at_one_of_two_doors_to_a_server_is_left_alone) {
  test::Proxy door(proxied(), server_socket());
  const fs::path socket = fs::path(*folder() / ("proxy_" + name_)) / ".s.PGSQL.5432";
  options_.url += "," + server()->run().string();
  run(kBackend);
  fs::rename(socket, socket.string() + ".closed");
  test::run_task(io_, database().transaction(ctx_, read_once));  // by the second, which is asked first from now on
  fs::rename(socket.string() + ".closed", socket);
  static constexpr Sql kSlow = "INSERT INTO t (n) SELECT 1 FROM pg_sleep(1.2)";
  EXPECT_EQ(failure_of([&] { run(kSlow); }), "");
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseUnderFaults, a_transaction_whose_server_falls_silent_before_its_statement_ends_in_time) {
  test::Proxy proxy(proxied(), server_socket());
  test::run_task(io_, database().transaction(ctx_, read_once));
  while (io_.run_one_for(100ms) > 0) {  // until nothing is watched any more
  }
  proxy.freeze(true);
  Micros sent{0};
  const auto read_late = [&](Transaction& tx) -> Task<void> {
    Timer while_nothing_is_in_flight(io_.get_executor(), 60ms);
    co_await while_nothing_is_in_flight.async_wait(asio::use_awaitable_t<Executor>{});
    sent = sent == Micros{0} ? boot_time() : sent;
    co_await tx.run(kRead, Params());
  };
  EXPECT_EQ(failure_of([&] { test::run_task(io_, database().transaction(ctx_, read_late)); }), "ServiceUnavailable");
  EXPECT_LE(boot_time() - sent, 1s);
}

TEST_F(DatabaseUnderFaults, a_server_that_has_no_connection_left_is_not_called_away) {
  static constexpr Sql kLimited = "CREATE ROLE limited LOGIN CONNECTION LIMIT 1";
  static constexpr Sql kMayRead = "GRANT SELECT ON t TO limited";
  static constexpr Sql kRaise = "ALTER ROLE limited CONNECTION LIMIT 4";
  observe(kLimited);
  observe(kMayRead);
  options_.url.replace(options_.url.find("gatehouse@"), std::string_view{"gatehouse"}.size(), "limited");
  run(kRead);
  testing::internal::CaptureStderr();
  const auto lease = [&] { test::run_task(io_, database().transaction(ctx_, read_once)); };
  const Micros start = boot_time();
  for (Micros asked = start; asked - start < 1s; asked = boot_time()) {
    EXPECT_EQ(failure_of(lease), "ServiceUnavailable");
    EXPECT_GE(boot_time() - asked, 250ms);  // a lease might have come free
  }
  EXPECT_EQ(failure_of([&] { run(kRead); }), "");
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, testing::HasSubstr("PostgreSQL takes no more connections"));
  EXPECT_THAT(logged, testing::Not(testing::HasSubstr("away")));
  observe(kRaise);
  while (!failure_of(lease).empty()) {
  }
}

TEST_F(DatabaseUnderFaults, a_killed_server_means_503_within_a_second_and_its_return_ends_that) {
  options_.shared_connections = 2;
  run(kBackend);
  constexpr int kClients = 32;
  bool stop = false;
  int running = kClients;
  int succeeded = 0;
  int refused = 0;
  std::string wrong;
  Micros longest{0};
  const auto client = [&](int n) -> Task<void> {
    Context ctx;
    while (!stop) {
      const Micros begin = boot_time();
      std::exception_ptr failure;
      try {
        co_await database().run(ctx, n % 2 == 0 ? kRead : kInsert, n % 2 == 0 ? Params() : Params(n));
        ++succeeded;
      } catch (const Error& error) {
        failure = std::current_exception();
        ++refused;
        wrong = error.kind() == ErrorKind::service_unavailable && error.retry_after() > 0 ? wrong : error.message();
      } catch (const std::exception& error) {
        wrong = error.what();
      }
      longest = std::max(longest, boot_time() - begin);
      asio::steady_timer pause(io_, failure ? 10ms : 0ms);
      co_await pause.async_wait(asio::use_awaitable_t<Executor>{});
    }
    --running;
  };
  for (int i = 0; i < kClients; ++i) {
    asio::co_spawn(io_.get_executor(), client(i), asio::detached);
  }
  const auto until = [&](auto condition) {
    const Micros deadline = boot_time() + 15s;
    while (!condition() && boot_time() < deadline) {
      io_.run_one();
    }
    return condition();
  };
  EXPECT_TRUE(until([&] { return succeeded > 500; }));
  server()->kill();
  EXPECT_TRUE(until([&] { return refused > 200; }));
  EXPECT_FALSE(database().health().reachable);
  const Micros known_away = boot_time();
  EXPECT_TRUE(until([&] { return boot_time() - known_away > 1500ms; }));
  const Micros asked = boot_time();
  EXPECT_EQ(failure_of([&] { run(kRead); }), "ServiceUnavailable");
  EXPECT_LE(boot_time() - asked, 100ms);  // nobody waits for what is known to be away
  server()->start();
  const int before = succeeded;
  EXPECT_TRUE(until([&] { return succeeded > before + 500; }));
  stop = true;
  EXPECT_TRUE(until([&] { return running == 0; }));
  EXPECT_TRUE(database().health().reachable);
  EXPECT_LE(longest, 1s);
  EXPECT_EQ(wrong, "");
}

TEST_F(DatabaseUnderFaults, a_host_that_never_answers_is_passed_over) {
  const int hole = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(hole, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(hole, 8), 0);
  socklen_t size = sizeof(address);
  getsockname(hole, reinterpret_cast<sockaddr*>(&address), &size);
  options_.url = "postgres://gatehouse@/" + name_ + "?host=127.0.0.1," + server()->run().string() +
                 "&port=" + std::to_string(ntohs(address.sin_port)) + ",5432";
  options_.connect_time = 200ms;
  const Micros start = boot_time();
  EXPECT_EQ(run(kRead).rows(), 1U);
  EXPECT_LE(boot_time() - start, 900ms);
  close(hole);
}

TEST_F(DatabaseUnderFaults, a_server_that_becomes_read_only_is_left_and_taken_back_when_it_takes_writes) {
  static constexpr Sql kReadOnly = "ALTER SYSTEM SET default_transaction_read_only = on";
  static constexpr Sql kReload = "SELECT pg_reload_conf()";
  const auto before = run(kBackend).as<std::int32_t>(0);
  observe(kReadOnly);
  observe(kReload);
  while (failure_of([&] { run(kInsert, 1); }) != "ServiceUnavailable") {
  }
  EXPECT_FALSE(database().health().reachable);
  PrivateServer& restarted = *server();
  restarted.stop();
  fs::remove(restarted.data() / "postgresql.auto.conf");
  restarted.start();
  while (!failure_of([&] { run(kInsert, 2); }).empty()) {
  }
  EXPECT_NE(run(kBackend).as<std::int32_t>(0), before);
}

TEST_F(DatabaseUnderFaults, notifications_arrive_also_after_the_connection_was_lost) {
  static constexpr Sql kNotify = "SELECT pg_notify($1, $2)";
  static constexpr Sql kListeners = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
  std::vector<std::string> heard;
  int connected = 0;
  bool ended = false;
  asio::cancellation_signal cancel;
  asio::co_spawn(io_.get_executor(),
                 database().listen(
                     {"config", "Odd \"one\""},
                     [&](std::string channel, std::string payload) { heard.push_back(channel + ":" + payload); },
                     [&] { ++connected; }),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr) { ended = true; }));
  const auto wait_for = [&](auto condition) {
    while (!condition()) {
      io_.run_one();
    }
  };
  wait_for([&] { return connected == 1; });
  observe(kNotify, "config", "one");
  observe(kNotify, "Odd \"one\"", "two");
  wait_for([&] { return heard.size() == 2; });
  EXPECT_EQ(heard, (std::vector<std::string>{"config:one", "Odd \"one\":two"}));
  observe(kTerminate, observe(kListeners).as<std::int32_t>(0));
  wait_for([&] { return connected == 2; });
  observe(kNotify, "config", "three");
  wait_for([&] { return heard.size() == 3; });
  cancel.emit(asio::cancellation_type::terminal);
  wait_for([&] { return ended; });
}

TEST_F(DatabaseUnderFaults, closing_lets_go_of_everything_that_waits) {
  close_gate();
  Started started;
  start(started, kEnterGate);
  backend_at_gate();
  database().close();
  finish(started);
  EXPECT_EQ(started.failed, 1);
  EXPECT_EQ(failure_of([&] { run(kRead); }), "ServiceUnavailable");
}

}  // namespace
}  // namespace gatehouse::postgres
