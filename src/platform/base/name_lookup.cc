#include "platform/base/name_lookup.h"

#include <atomic>
#include <fcntl.h>
#include <map>
#include <memory>
#include <netdb.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio.hpp>

#include "platform/base/thread.h"
#include "platform/base/timer.h"

namespace gatehouse {

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

int checked(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return result;
}

// Shared by the thread that asks and the coroutines that wait. The thread touches nothing of a core, which may be gone
// before it: it says that it is done by a descriptor that stays readable.
class Lookup {
 public:
  Lookup() : ended_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}
  ~Lookup() { close(ended_); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  void run(const std::string& host, const AskForAddresses& ask) noexcept {
    try {
      addresses_ = ask(host);
    } catch (const boost::system::system_error& error) {
      error_ = error.code();
    } catch (const std::exception&) {
      error_ = asio::error::host_not_found;
    }
    is_done_.store(true, std::memory_order_release);
    eventfd_write(ended_, 1);
  }

  bool is_done() const { return is_done_.load(std::memory_order_acquire); }
  // Readable once it is done; the caller's to close.
  int descriptor() const { return checked(fcntl(ended_, F_DUPFD_CLOEXEC, 0), "fcntl"); }
  // Once it is done.
  Addresses answer() const {
    if (error_) {
      throw boost::system::system_error(error_);
    }
    return addresses_;
  }

 private:
  int ended_;
  std::atomic<bool> is_done_{false};
  Addresses addresses_;
  boost::system::error_code error_;
};

// Of one core.
class Lookups : public asio::execution_context::service {
 public:
  using key_type = Lookups;
  static inline asio::execution_context::id id;  // Asio's way to find it

  explicit Lookups(asio::execution_context& context) : service(context) {}

  std::shared_ptr<Lookup> join(const std::string& host, AskForAddresses ask) {
    std::erase_if(running_, [](const auto& each) { return each.second->is_done(); });
    auto& lookup = running_[host];
    if (!lookup) {
      lookup = begun(host, std::move(ask));
    }
    return lookup;
  }

 private:
  void shutdown() override { running_.clear(); }

  static std::shared_ptr<Lookup> begun(const std::string& host, AskForAddresses ask) {
    auto lookup = std::make_shared<Lookup>();
    start_thread("resolver", [lookup, host, ask = std::move(ask)] { lookup->run(host, ask); }).detach();
    return lookup;
  }

  std::map<std::string, std::shared_ptr<Lookup>> running_;
};

}  // namespace

Addresses ask_operating_system(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) {
    throw boost::system::system_error(asio::error::host_not_found);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, &freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (each->ai_addrlen <= endpoint.capacity()) {
      std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
      addresses.push_back(endpoint.address());
    }
  }
  return addresses;
}

Task<Addresses> look_up_name(std::string host, Micros time, AskForAddresses ask) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    co_return Addresses{literal};
  }
  const Executor executor = co_await asio::this_coro::executor;
  const auto lookup = asio::use_service<Lookups>(executor.context()).join(host, std::move(ask));
  const auto ended = std::make_shared<Descriptor>(executor, lookup->descriptor());
  Timer patience(executor, time);
  patience.async_wait([ended](boost::system::error_code stopped) {
    if (!stopped) {
      ended->cancel();
    }
  });
  co_await ended->async_wait(Descriptor::wait_read, asio::as_tuple(asio::use_awaitable_t<Executor>{}));
  if (!lookup->is_done()) {
    throw boost::system::system_error(asio::error::timed_out);
  }
  co_return lookup->answer();
}

}  // namespace gatehouse
