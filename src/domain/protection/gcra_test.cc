#include "domain/protection/gcra.h"

#include <algorithm>
#include <map>

#include <rapidcheck.h>

#include "platform/base/clock.h"
#include "support/redis_server.h"
#include "support/test_project.h"

namespace gatehouse::protection {
namespace {

using namespace std::chrono_literals;

struct Step {
  int wait_ms = 0;
  std::vector<int> windows;
  int weight = 1;
};

// What the algorithm must do, said in another way: a bucket of `burst` tokens that refills evenly.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_micro) : burst_(burst), per_micro_(per_micro), tokens_(burst) {}
  bool has(double weight, double now) {
    refill(now);
    return tokens_ + 1e-6 >= weight;
  }
  void take(double weight) { tokens_ -= weight; }

 private:
  void refill(double now) {
    tokens_ = std::min(burst_, tokens_ + (now - last_) * per_micro_);
    last_ = now;
  }
  double burst_;
  double per_micro_;
  double tokens_;
  double last_ = 0;
};

Take window(int index, int weight) {
  // period 1 s × (index + 1), burst 2 + index
  return {"gcra:" + std::to_string(index), (index + 1) * 1'000'000us, 2 + index, static_cast<double>(weight)};
}

std::vector<Step> random_steps(std::size_t count) {
  return *rc::gen::container<std::vector<Step>>(
      count,
      rc::gen::apply(
          [](int wait, std::vector<int> windows, int weight) {
            std::ranges::sort(windows);
            const auto [from, to] = std::ranges::unique(windows);
            windows.erase(from, to);
            return Step{wait, windows, weight};
          },
          rc::gen::inRange(0, 700), rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3))),
          rc::gen::inRange(0, 3)));
}

std::vector<Take> takes_of(const Step& step) {
  std::vector<Take> takes;
  for (const int index : step.windows) {
    takes.push_back(window(index, step.weight));
  }
  return takes;
}

}  // namespace

TEST(Gcra, agrees_with_a_bucket_of_tokens_over_several_windows_at_once) {
  EXPECT_TRUE(rc::check([] {
    const auto steps = random_steps(40);
    LocalWindows windows;
    FakeClock clock;
    const TimePoint start = clock.now();
    std::map<int, TokenBucket> model;
    for (int i = 0; i < 3; ++i) {
      model.emplace(i, TokenBucket(2 + i, (2 + i) / ((i + 1) * 1e6)));
    }
    for (const auto& step : steps) {
      clock.advance(step.wait_ms * 1000us);
      const double now = static_cast<double>((clock.now() - start).count());
      const auto first_empty =
          std::ranges::find_if(step.windows, [&](int i) { return !model.at(i).has(step.weight, now); });
      const auto refusal = windows.take(takes_of(step), clock.now());
      RC_ASSERT(refusal.has_value() == (first_empty != step.windows.end()));
      if (refusal) {
        RC_ASSERT(static_cast<std::ptrdiff_t>(refusal->index) == first_empty - step.windows.begin());
        continue;
      }
      for (const int i : step.windows) {
        model.at(i).take(step.weight);
      }
    }
  }));
}

TEST(Gcra, redis_decides_as_the_process_does) {
  asio::io_context io{1};
  Context ctx;
  redis::Client client(io, {.url = test::RedisServer::shared().url()});
  int world = 0;
  EXPECT_TRUE(rc::check([&] {
    const auto steps = random_steps(15);
    ++world;
    LocalWindows windows;
    // Ahead of the real time: Redis expires keys by its own clock, and must not do so in the middle.
    FakeClock clock(from_unix_seconds(4'000'000'000));
    for (const auto& step : steps) {
      clock.advance(step.wait_ms * 1000us);
      auto takes = takes_of(step);
      for (auto& take : takes) {
        take.key += ":" + std::to_string(world);
      }
      const auto local = windows.take(takes, clock.now());
      const auto reply =
          test::run_task(io, client.run(ctx, take_script(), script_keys(takes), script_arguments(takes, clock.now())));
      RC_ASSERT(reply.array.empty() == !local.has_value());
      if (local) {
        RC_ASSERT(reply.array.at(0).integer == static_cast<std::int64_t>(local->index) + 1);
        RC_ASSERT(reply.array.at(1).integer == local->wait.count());
      }
    }
  }));
  client.close();
  io.restart();
  io.poll();
}

TEST(Gcra, what_was_given_back_can_be_taken_again) {
  LocalWindows windows;
  const FakeClock clock;
  const std::vector<Take> one{{"w", 60'000'000us, 2, 1}};
  EXPECT_FALSE(windows.take(one, clock.now()));
  EXPECT_FALSE(windows.take(one, clock.now()));
  EXPECT_TRUE(windows.take(one, clock.now()));
  windows.give_back(one, clock.now());
  EXPECT_FALSE(windows.take(one, clock.now()));
  EXPECT_TRUE(windows.take(one, clock.now()));
}

TEST(Gcra, the_windows_of_a_process_are_bounded) {
  LocalWindows windows(100);
  const FakeClock clock;
  for (int i = 0; i < 1000; ++i) {
    windows.take({{"w" + std::to_string(i), 60'000'000us, 5, 1}}, clock.now());
    ASSERT_LE(windows.size(), 101U);
  }
}

}  // namespace gatehouse::protection
