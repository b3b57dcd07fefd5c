#include "platform/cpu_pool/cpu_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include "platform/base/thread.h"
#include "platform/http/address.h"

namespace gatehouse {

namespace {

constexpr int kNiceAbove = 5;
constexpr int kSmoothing = 8;  // the newest duration counts one eighth

Error busy(Micros wait) {
  const auto seconds = std::chrono::ceil<Seconds>(wait).count();
  return unavailable("too much work is waiting; try again later", static_cast<int>(std::max<std::int64_t>(seconds, 1)));
}

std::exception_ptr dropped() {
  return std::make_exception_ptr(unavailable("the request's time was over, or its client gone, before its turn came"));
}

}  // namespace

struct CpuPool::Impl {
  struct Job {
    std::function<void()> work;
    std::function<void(std::exception_ptr)> refuse;
    Micros deadline{};  // boot time; zero: none
    std::shared_ptr<const std::atomic<bool>> client_left;

    bool is_wanted() const {
      return (deadline.count() == 0 || boot_time() <= deadline) && !(client_left && client_left->load());
    }
  };

  explicit Impl(CpuPoolOptions given) : options(given), usual_work(given.first_estimate) {
    options.threads = std::max<std::size_t>(options.threads, 1);
    for (std::size_t i = 0; i < options.threads; ++i) {
      threads.push_back(start_thread("cpu-pool", [this] { serve(); }));
    }
  }

  ~Impl() { stop(); }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    std::call_once(ended, [this] {
      for (auto& thread : threads) {
        thread.join();
      }
    });
  }

  // With turns taken network by network, the work of others that comes before the n-th of mine is at most n of each.
  Micros expected_wait(const std::string& network) const {
    const auto own = queues.find(network);
    const std::size_t mine = own == queues.end() ? 0 : own->second.size();
    std::size_t ahead = running + mine;
    for (const auto& [name, queue] : queues) {
      ahead += name == network ? 0 : std::min(queue.size(), mine + 1);
    }
    const std::size_t rounds = ahead / options.threads;  // those that run in parallel wait together
    return usual_work * static_cast<std::int64_t>(rounds);
  }

  void admit(const std::string& network, Job job) {
    const std::lock_guard lock(mutex);
    if (stopping) {
      throw unavailable("the process is ending");
    }
    const Micros wait = expected_wait(network);
    if (wait > options.longest_wait || (job.deadline.count() != 0 && boot_time() + wait > job.deadline)) {
      throw busy(wait);
    }
    auto& queue = queues[network];
    if (queue.empty()) {
      turns.push_back(network);
    }
    queue.push_back(std::move(job));
    ++waiting;
    wake.notify_one();
  }

  Job take_next() {
    const std::string network = std::move(turns.front());
    turns.pop_front();
    const auto queue = queues.find(network);
    Job job = std::move(queue->second.front());
    queue->second.pop_front();
    --waiting;
    if (queue->second.empty()) {
      queues.erase(queue);
    } else {
      turns.push_back(network);
    }
    return job;
  }

  void serve() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), getpriority(PRIO_PROCESS, 0) + kNiceAbove);
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || !turns.empty(); });
      if (turns.empty()) {
        return;
      }
      Job job = take_next();
      const bool drop = stopping || !job.is_wanted();
      running += drop ? 0 : 1;
      lock.unlock();
      const Micros took = drop ? refuse(job) : perform(job);
      job = {};
      lock.lock();
      if (!drop) {
        --running;
        usual_work += (took - usual_work) / kSmoothing;
      }
    }
  }

  static Micros refuse(const Job& job) {
    job.refuse(dropped());
    return {};
  }

  static Micros perform(const Job& job) {
    const Micros begin = boot_time();
    job.work();
    return boot_time() - begin;
  }

  CpuPoolOptions options;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::map<std::string, std::deque<Job>> queues;  // by network; none is empty
  std::deque<std::string> turns;                  // the networks of `queues`, the next first
  std::size_t waiting = 0;
  std::size_t running = 0;
  Micros usual_work;
  bool stopping = false;
  std::once_flag ended;
  std::vector<std::jthread> threads;
};

CpuPool::CpuPool(CpuPoolOptions options) : impl_(std::make_unique<Impl>(options)) {}

CpuPool::~CpuPool() = default;

void CpuPool::stop() { impl_->stop(); }

std::size_t CpuPool::waiting() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->waiting;
}

void CpuPool::enqueue(Context& ctx, std::function<void()> work, std::function<void(std::exception_ptr)> refuse) {
  ctx.assert_no_lease("hashing");
  impl_->admit(http::client_network(ctx.client_ip),
               {std::move(work), std::move(refuse), ctx.deadline, ctx.client_left});
}

}  // namespace gatehouse
