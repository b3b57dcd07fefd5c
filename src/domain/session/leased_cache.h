#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "domain/session/revocations.h"

namespace gatehouse::session {

// Positive answers of one core under the process's lease, the least recently used dropped first. What was read is used
// for a minute at most, so that it never outlives what the feed remembers of revocations.
template <class Value>
class LeasedCache {
 public:
  LeasedCache(const RevocationFeed& feed, std::size_t capacity) : feed_(feed), capacity_(capacity) {}

  // Null where there is none that holds now. Valid until the next `put` or suspension.
  Value* find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return nullptr;
    }
    const auto entry = found->second;
    if (!feed_.fresh()) {
      return nullptr;
    }
    if (!feed_.holds(entry->ticket) || feed_.boot() - entry->read_at > kLongest) {
      index_.erase(found);
      entries_.erase(entry);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return &entry->value;
  }

  // `ticket` and `read_at` (boot time) from before the value was read.
  void put(std::string key, Value value, Ticket ticket, Micros read_at) {
    erase(key);
    entries_.push_front(Entry{std::move(key), std::move(value), std::move(ticket), read_at});
    index_.emplace(entries_.front().key, entries_.begin());
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  void erase(std::string_view key) {
    if (const auto found = index_.find(key); found != index_.end()) {
      const auto entry = found->second;
      index_.erase(found);
      entries_.erase(entry);
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  static constexpr Micros kLongest = Seconds{60};

  struct Entry {
    std::string key;
    Value value;
    Ticket ticket;
    Micros read_at;
  };

  const RevocationFeed& feed_;
  std::size_t capacity_;
  std::list<Entry> entries_;
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;
};

}  // namespace gatehouse::session
