#pragma once

#include <functional>
#include <memory>
#include <string>

#include "platform/base/context.h"
#include "platform/base/error.h"
#include "platform/base/one_shot.h"
#include "platform/base/task.h"

namespace gatehouse {

struct CpuPoolOptions {
  std::size_t threads = 2;
  Micros longest_wait = std::chrono::seconds{2};
  Micros first_estimate = std::chrono::milliseconds{20};  // how long one piece of work takes, until it was measured
};

// For what burns CPU longer than about a millisecond: password hashing, key generation. One for the process; its
// threads run at lower priority. Fair by client network (/32, /56): each network's work waits behind its own, not
// behind everybody's. A result is posted to the loop that asked, so `stop` comes before any of these loops is
// destroyed.
class CpuPool {
 public:
  explicit CpuPool(CpuPoolOptions options);
  ~CpuPool();
  CpuPool(const CpuPool&) = delete;
  CpuPool& operator=(const CpuPool&) = delete;

  // Runs `work` on a pool thread and resumes on the caller's core with what it returned or threw. Error
  // ServiceUnavailable with Retry-After where the expected wait is over `longest_wait`; work whose context ran out of
  // time, or whose client has left, is dropped when its turn comes.
  template <class F, class R = std::invoke_result_t<F>>
  Task<R> run(Context& ctx, F work) {
    auto state = std::make_shared<Shared<R, F>>(std::move(work));
    auto executor = co_await asio::this_coro::executor;
    enqueue(
        ctx,
        [state, executor] {
          try {
            if constexpr (std::is_void_v<R>) {
              state->work();
              asio::post(executor, [state] { state->done.set(); });
            } else {
              auto value = std::make_shared<R>(state->work());
              asio::post(executor, [state, value] { state->done.set(std::move(*value)); });
            }
          } catch (...) {
            asio::post(executor, [state, why = std::current_exception()] { state->done.fail(why); });
          }
        },
        [state, executor](std::exception_ptr why) { asio::post(executor, [state, why] { state->done.fail(why); }); });
    co_return co_await state->done.wait();
  }

  // From any thread, any number of times: waits for the work that has begun, drops the rest, takes nothing new. Nothing
  // is posted to a loop once it has returned.
  void stop();

  std::size_t waiting() const;

 private:
  template <class R, class F>
  struct Shared {
    explicit Shared(F f) : work(std::move(f)) {}
    F work;
    OneShot<R> done;
  };
  // Calls exactly one of them, later, on a pool thread; throws Error ServiceUnavailable instead of queueing too much.
  void enqueue(Context& ctx, std::function<void()> work, std::function<void(std::exception_ptr)> refuse);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse
