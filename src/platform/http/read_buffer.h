#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace gatehouse::http {

// Bytes that came and were not used yet. Small until a request needs more, and nothing at all while a connection is
// idle.
class ReadBuffer {
 public:
  static constexpr std::size_t kSmall = 1024;

  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  bool is_allocated() const { return data_ != nullptr; }

  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) {
      begin_ = end_ = 0;
    }
  }

  // Room for at least one byte at the end, for `wanted` where the buffer grows. Bytes before it may move.
  void prepare(std::size_t wanted = 0) {
    if (begin_ > 0 && end_ == capacity_) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == capacity_ || capacity_ - end_ < wanted) {
      reserve(std::max({kSmall, capacity_ * (end_ == capacity_ ? 2 : 1), end_ + wanted}));
    }
  }
  char* tail() { return data_.get() + end_; }
  std::size_t room() const { return capacity_ - end_; }
  void commit(std::size_t count) { end_ += count; }

  // Gives memory back: all of it where the buffer is empty, what is over the small size otherwise.
  void release() {
    if (empty()) {
      data_.reset();
      begin_ = end_ = capacity_ = 0;
    } else if (capacity_ > 2 * kSmall && end_ - begin_ < kSmall) {
      reserve(kSmall);
    }
  }
  void shrink() {
    if (capacity_ > 2 * kSmall) {
      release();
    }
  }

 private:
  void reserve(std::size_t capacity) {
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (!empty()) {
      std::memcpy(data.get(), data_.get() + begin_, end_ - begin_);
    }
    data_ = std::move(data);
    end_ -= begin_;
    begin_ = 0;
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace gatehouse::http
