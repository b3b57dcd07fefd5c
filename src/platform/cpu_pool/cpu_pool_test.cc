#include "platform/cpu_pool/cpu_pool.h"

#include <algorithm>
#include <latch>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

// Jobs are started on one loop, in order; what came of each is kept.
class CpuPoolTest : public testing::Test {
 protected:
  template <class F>
  void start(CpuPool& pool, const std::string& ip, const std::string& name, F work, Micros deadline = {},
             std::shared_ptr<const std::atomic<bool>> client_left = nullptr) {
    auto ctx = std::make_unique<Context>();
    ctx->client_ip = ip;
    ctx->deadline = deadline;
    ctx->client_left = std::move(client_left);
    asio::co_spawn(io_.get_executor(), job(pool, *ctx, name, std::move(work)), asio::detached);
    contexts_.push_back(std::move(ctx));
    io_.poll();
    io_.restart();
  }

  // The pool's only thread stays busy until `gate` opens.
  void block(CpuPool& pool) {
    start(pool, "192.0.2.99", "blocker", [this] {
      busy_.count_down();
      gate_.wait();
    });
    busy_.wait();
  }

  std::function<void()> note(const std::string& name) {
    return [this, name] { order_.push_back(name); };
  }

  asio::io_context io_;
  std::latch busy_{1};
  std::latch gate_{1};
  std::vector<std::string> order_;               // written by the pool's one thread
  std::map<std::string, std::string> outcomes_;  // "done" or why not
  std::map<std::string, int> retry_after_;
  std::vector<std::unique_ptr<Context>> contexts_;

 private:
  template <class F>
  Task<void> job(CpuPool& pool, Context& ctx, std::string name, F work) {
    try {
      co_await pool.run(ctx, std::move(work));
      outcomes_[name] = "done";
    } catch (const Error& error) {
      outcomes_[name] = error.reason();
      retry_after_[name] = error.retry_after();
    } catch (const std::exception& error) {
      outcomes_[name] = error.what();
    }
  }
};

TEST_F(CpuPoolTest, a_value_comes_back_to_the_callers_core) {
  CpuPool pool({.threads = 2});
  Context ctx;
  const auto here = std::this_thread::get_id();
  const auto ask = [](CpuPool& work_pool, Context& context, std::thread::id core) -> Task<std::unique_ptr<int>> {
    auto value = co_await work_pool.run(context, [core] {
      EXPECT_NE(std::this_thread::get_id(), core);
      return std::make_unique<int>(42);
    });
    EXPECT_EQ(std::this_thread::get_id(), core);
    co_return value;
  };
  std::unique_ptr<int> got;
  asio::co_spawn(io_.get_executor(), ask(pool, ctx, here),
                 [&](const std::exception_ptr& /*why*/, std::unique_ptr<int> value) { got = std::move(value); });
  io_.run();
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 42);
}

TEST_F(CpuPoolTest, what_the_work_throws_is_thrown_where_it_was_asked_for) {
  CpuPool pool({.threads = 1});
  start(pool, "", "throws", [] { throw std::runtime_error("no"); });
  start(pool, "", "goes on", [] {});
  io_.run();
  EXPECT_EQ(outcomes_["throws"], "no");
  EXPECT_EQ(outcomes_["goes on"], "done");
}

TEST_F(CpuPoolTest, its_threads_have_lower_priority) {
  CpuPool pool({.threads = 1});
  int nice = 0;
  start(pool, "", "nice", [&nice] { nice = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); });
  io_.run();
  EXPECT_EQ(nice, std::min(getpriority(PRIO_PROCESS, 0) + 5, 19));
}

TEST_F(CpuPoolTest, networks_take_turns_however_much_one_of_them_asks) {
  CpuPool pool({.threads = 1});
  block(pool);
  for (const auto* name : {"a1", "a2", "a3", "a4"}) {
    start(pool, "192.0.2.1", name, note(name));
  }
  start(pool, "192.0.2.2", "b1", note("b1"));
  start(pool, "2001:db8::1", "c1", note("c1"));
  start(pool, "192.0.2.2", "b2", note("b2"));
  EXPECT_EQ(pool.waiting(), 7U);
  gate_.count_down();
  io_.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"a1", "b1", "c1", "a2", "b2", "a3", "a4"}));
  EXPECT_EQ(pool.waiting(), 0U);
}

TEST_F(CpuPoolTest, addresses_of_one_56_and_mapped_addresses_are_one_network) {
  CpuPool pool({.threads = 1});
  block(pool);
  start(pool, "2001:db8:0:1200::1", "a1", note("a1"));
  start(pool, "2001:db8:0:12ff::2", "a2", note("a2"));
  start(pool, "2001:db8:0:1300::1", "b1", note("b1"));
  start(pool, "192.0.2.1", "c1", note("c1"));
  start(pool, "::ffff:192.0.2.1", "c2", note("c2"));
  gate_.count_down();
  io_.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"a1", "b1", "c1", "a2", "c2"}));
}

TEST_F(CpuPoolTest, who_fills_the_queue_is_refused_and_others_are_not) {
  CpuPool pool({.threads = 1, .longest_wait = 100ms, .first_estimate = 20ms});
  block(pool);
  for (const auto* name : {"a1", "a2", "a3", "a4", "a5", "a6"}) {
    start(pool, "192.0.2.1", name, note(name));
  }
  EXPECT_EQ(outcomes_["a6"], "ServiceUnavailable");
  EXPECT_EQ(retry_after_["a6"], 1);
  start(pool, "192.0.2.2", "b1", note("b1"));
  gate_.count_down();
  io_.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"a1", "b1", "a2", "a3", "a4", "a5"}));
  EXPECT_EQ(outcomes_["b1"], "done");
}

TEST_F(CpuPoolTest, many_networks_together_fill_it_too) {
  CpuPool pool({.threads = 1, .longest_wait = 3s, .first_estimate = 1s});
  block(pool);
  for (int i = 0; i < 5; ++i) {
    start(pool, "192.0.2." + std::to_string(i), "n" + std::to_string(i), [] {});
  }
  EXPECT_EQ(outcomes_["n4"], "ServiceUnavailable");
  EXPECT_EQ(retry_after_["n4"], 4);
  EXPECT_FALSE(outcomes_.contains("n2"));
  gate_.count_down();
  io_.run();
}

TEST_F(CpuPoolTest, work_whose_time_would_be_over_is_refused_at_once) {
  CpuPool pool({.threads = 1, .first_estimate = 1s});
  block(pool);
  start(pool, "192.0.2.1", "late", note("late"), boot_time() + 500ms);
  EXPECT_EQ(outcomes_["late"], "ServiceUnavailable");
  gate_.count_down();
  io_.run();
  EXPECT_TRUE(order_.empty());
}

TEST_F(CpuPoolTest, work_whose_time_is_over_when_its_turn_comes_is_dropped) {
  CpuPool pool({.threads = 1, .first_estimate = 1us});
  block(pool);
  const Micros deadline = boot_time() + 20ms;
  start(pool, "192.0.2.1", "late", note("late"), deadline);
  start(pool, "192.0.2.1", "in time", note("in time"), boot_time() + 1min);
  EXPECT_TRUE(outcomes_.empty());
  while (boot_time() <= deadline) {
    std::this_thread::yield();
  }
  gate_.count_down();
  io_.run();
  EXPECT_EQ(outcomes_["late"], "ServiceUnavailable");
  EXPECT_EQ(outcomes_["in time"], "done");
  EXPECT_EQ(order_, std::vector<std::string>{"in time"});
}

TEST_F(CpuPoolTest, work_whose_client_has_left_is_dropped) {
  CpuPool pool({.threads = 1, .first_estimate = 1us});
  block(pool);
  const auto left = std::make_shared<std::atomic<bool>>(false);
  start(pool, "192.0.2.1", "left", note("left"), {}, left);
  start(pool, "192.0.2.1", "stays", note("stays"), {}, std::make_shared<std::atomic<bool>>(false));
  left->store(true);
  gate_.count_down();
  io_.run();
  EXPECT_EQ(outcomes_["left"], "ServiceUnavailable");
  EXPECT_EQ(order_, std::vector<std::string>{"stays"});
}

TEST_F(CpuPoolTest, its_end_leaves_nobody_waiting) {
  auto pool = std::make_unique<CpuPool>(CpuPoolOptions{.threads = 1});
  block(*pool);
  start(*pool, "192.0.2.1", "waits", note("waits"));
  // The destructor says "stop" at once and then joins the busy thread, which the gate lets go.
  std::thread ender([&pool] { pool.reset(); });
  gate_.count_down();
  ender.join();
  io_.run();
  EXPECT_THAT(outcomes_["waits"], testing::AnyOf("ServiceUnavailable", "done"));
  EXPECT_EQ(outcomes_.size(), 2U);
}

TEST_F(CpuPoolTest, once_stopped_it_posts_nothing_and_takes_nothing) {
  CpuPool pool({.threads = 1});
  block(pool);
  start(pool, "192.0.2.1", "waits", note("waits"));
  std::thread first([&pool] { pool.stop(); });
  gate_.count_down();
  pool.stop();  // twice, at once
  first.join();
  EXPECT_TRUE(outcomes_.empty()) << "what came of the work waits in the loop";
  io_.run();
  EXPECT_EQ(outcomes_["blocker"], "done");
  EXPECT_THAT(outcomes_["waits"], testing::AnyOf("ServiceUnavailable", "done"));
  io_.restart();
  start(pool, "192.0.2.1", "late", note("late"));
  EXPECT_EQ(outcomes_["late"], "ServiceUnavailable");
}

using CpuPoolDeathTest = CpuPoolTest;

TEST_F(CpuPoolDeathTest, hashing_while_a_connection_is_leased_ends_the_process) {
  EXPECT_DEATH(
      {
        CpuPool pool({.threads = 1});
        Context ctx;
        ctx.lease_begins();
        asio::co_spawn(io_.get_executor(), pool.run(ctx, [] {}), asio::detached);
        io_.run();
      },
      "bug: hashing while a PostgreSQL connection is leased");
}

}  // namespace
}  // namespace gatehouse
