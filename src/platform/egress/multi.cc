#include "platform/egress/multi.h"

#include <stdexcept>

#include <boost/asio.hpp>

namespace gatehouse::egress {

// A descriptor that curl owns and we wait for.
struct Multi::Watch {
  Watch(asio::io_context& io, curl_socket_t fd) : descriptor(io, fd) {}

  asio::posix::basic_stream_descriptor<Executor> descriptor;
  int wanted = CURL_POLL_NONE;
  bool reading = false;
  bool writing = false;
  bool gone = false;
};

Multi::Multi(asio::io_context& io) : io_(io), multi_(curl_multi_init()), timer_(io) {
  if (multi_ == nullptr) {
    throw std::runtime_error("libcurl: no memory");
  }
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Multi::~Multi() {
  close();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
  curl_multi_cleanup(multi_);
}

Task<CURLcode> Multi::perform(CURL* easy) {
  const auto keep = shared_from_this();
  if (closed_) {
    co_return CURLE_ABORTED_BY_CALLBACK;
  }
  const auto done = std::make_shared<OneShot<CURLcode>>();
  running_[easy] = done;
  curl_multi_add_handle(multi_, easy);
  const CURLcode code = co_await done->wait();
  co_return code;
}

void Multi::close() {
  closed_ = true;
  timer_.cancel();
  for (const auto& [easy, done] : std::exchange(running_, {})) {
    curl_multi_remove_handle(multi_, easy);
    done->set(CURLE_ABORTED_BY_CALLBACK);
  }
  for (auto& [fd, watch] : std::exchange(watches_, {})) {
    watch->gone = true;
    watch->descriptor.release();
  }
}

int Multi::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  static_cast<Multi*>(self)->watch(fd, what);
  return 0;
}

int Multi::on_timer(CURLM*, long milliseconds, void* self) {
  auto& multi = *static_cast<Multi*>(self);
  if (milliseconds < 0 || multi.closed_) {
    multi.timer_.cancel();
    return 0;
  }
  multi.timer_.expires_after(std::chrono::milliseconds{milliseconds});
  multi.timer_.async_wait([weak = multi.weak_from_this()](boost::system::error_code cancelled) {
    const auto alive = weak.lock();
    if (!cancelled && alive != nullptr) {
      alive->act(CURL_SOCKET_TIMEOUT, 0);
    }
  });
  return 0;
}

void Multi::watch(curl_socket_t fd, int what) {
  auto& entry = watches_[fd];
  if (what == CURL_POLL_REMOVE) {
    if (entry != nullptr) {
      entry->gone = true;
      entry->descriptor.release();
    }
    watches_.erase(fd);
    return;
  }
  if (entry == nullptr) {
    entry = std::make_shared<Watch>(io_, fd);
  }
  entry->wanted = what;
  arm(entry);
}

void Multi::arm(const std::shared_ptr<Watch>& watch) {
  if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->reading) {
    watch->reading = true;
    wait(watch, true);
  }
  if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->writing) {
    watch->writing = true;
    wait(watch, false);
  }
}

void Multi::wait(const std::shared_ptr<Watch>& watch, bool to_read) {
  const auto what = to_read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  watch->descriptor.async_wait(what, [weak = weak_from_this(), watch, to_read](boost::system::error_code error) {
    (to_read ? watch->reading : watch->writing) = false;
    const auto alive = weak.lock();
    if (alive == nullptr || watch->gone) {
      return;
    }
    const int event = error ? CURL_CSELECT_ERR : to_read ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
    if ((watch->wanted & (to_read ? CURL_POLL_IN : CURL_POLL_OUT)) != 0 || error) {
      alive->act(watch->descriptor.native_handle(), event);
    }
    if (!watch->gone) {
      alive->arm(watch);
    }
  });
}

void Multi::act(curl_socket_t fd, int events) {
  int still_running = 0;
  curl_multi_socket_action(multi_, fd, events, &still_running);
  collect();
}

void Multi::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);
    if (const auto found = running_.find(easy); found != running_.end()) {
      const auto done = found->second;
      running_.erase(found);
      done->set(code);
    }
  }
}

}  // namespace gatehouse::egress
