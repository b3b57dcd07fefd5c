#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "platform/base/one_shot.h"
#include "platform/base/time.h"

namespace gatehouse::postgres {

// Coroutines that wait for a T, first come, first served. Who owns it calls `expire` from time to time.
template <class T>
class WaitList {
 public:
  // Nothing when `until` (boot time) has passed.
  Task<std::optional<T>> wait(Micros until) {
    auto place = std::make_shared<Place>(until);
    places_.push_back(place);
    co_return co_await place->answer.wait();
  }

  // False when nobody waits.
  bool give(T value) {
    if (places_.empty()) {
      return false;
    }
    const auto place = std::move(places_.front());
    places_.pop_front();
    place->answer.set(std::move(value));
    return true;
  }

  void expire(Micros now) {
    std::erase_if(places_, [now](const std::shared_ptr<Place>& place) {
      if (place->until > now) {
        return false;
      }
      place->answer.set(std::nullopt);
      return true;
    });
  }

  std::size_t size() const { return places_.size(); }

 private:
  struct Place {
    explicit Place(Micros give_up) : until(give_up) {}
    Micros until;
    OneShot<std::optional<T>> answer;
  };
  std::deque<std::shared_ptr<Place>> places_;
};

}  // namespace gatehouse::postgres
