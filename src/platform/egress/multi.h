#pragma once

#include <map>
#include <memory>
#include <unordered_map>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <curl/curl.h>

#include "platform/base/one_shot.h"
#include "platform/base/task.h"
#include "platform/base/timer.h"

namespace gatehouse::egress {

// libcurl's multi-socket interface on one core's loop: transfers wait like any other coroutine, nothing blocks. Private
// to the room.
class Multi : public std::enable_shared_from_this<Multi> {
 public:
  explicit Multi(asio::io_context& io);
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  // Runs a prepared handle to its end. The handle stays the caller's.
  Task<CURLcode> perform(CURL* easy);
  // Ends every transfer with CURLE_ABORTED_BY_CALLBACK.
  void close();

 private:
  struct Watch;
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* watch);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void watch(curl_socket_t fd, int what);
  void arm(const std::shared_ptr<Watch>& watch);
  void wait(const std::shared_ptr<Watch>& watch, bool to_read);
  void act(curl_socket_t fd, int events);
  void collect();

  asio::io_context& io_;
  CURLM* multi_;
  Timer timer_;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::map<CURL*, std::shared_ptr<OneShot<CURLcode>>> running_;
  bool closed_ = false;
};

}  // namespace gatehouse::egress
