#include "platform/base/thread.h"

#include <csignal>
#include <pthread.h>
#include <utility>

namespace gatehouse {

namespace {

// A thread inherits it from its maker, and so never runs without it.
class DeafToSignals {
 public:
  DeafToSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~DeafToSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  DeafToSignals(const DeafToSignals&) = delete;
  DeafToSignals& operator=(const DeafToSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

std::jthread start_thread(std::string name, std::move_only_function<void()> work) {
  const DeafToSignals deaf;
  return std::jthread([name = std::move(name), work = std::move(work)]() mutable {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    work();
  });
}

}  // namespace gatehouse
