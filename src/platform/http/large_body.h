#pragma once

#include <algorithm>
#include <utility>

#include "platform/http/server_core.h"

namespace gatehouse::http {

// What a request's body takes of the memory that all of a core share. Bodies of the size of forms are always taken.
class LargeBody {
 public:
  explicit LargeBody(ServerCore& core) : core_(core) {}
  ~LargeBody() { core_.large_bodies -= size_; }
  LargeBody(const LargeBody&) = delete;
  LargeBody& operator=(const LargeBody&) = delete;

  // False where there is no room.
  bool grows_to(std::size_t size) {
    constexpr std::size_t kSmallBody = std::size_t{16} * 1024;
    if (size <= kSmallBody || size == size_) {
      return true;
    }
    core_.large_bodies += size - std::exchange(size_, size);
    const Limits& limits = core_.options.limits;
    return core_.large_bodies <= std::max(limits.large_bodies_per_core, limits.body_bytes);
  }

 private:
  ServerCore& core_;
  std::size_t size_ = 0;
};

}  // namespace gatehouse::http
