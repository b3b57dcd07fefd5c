#pragma once

#include <optional>
#include <string_view>

#include "platform/http/read_buffer.h"
#include "platform/http/request_head.h"
#include "platform/http/server.h"

namespace gatehouse::http {

// Looks for one whole request head in a connection's buffer.
class HeadReader {
 public:
  explicit HeadReader(const Limits& limits) : limits_(limits) {}

  void begin();  // with the next head

  // True once the buffer starts with a whole head, or there is a refusal. Skips empty lines in front (RFC 9112 2.2).
  bool look(ReadBuffer& buffer);
  void refuse(const Refusal& refusal) { refusal_ = refusal; }

  const std::optional<Refusal>& refusal() const { return refusal_; }
  std::size_t length() const { return length_; }  // of the head

 private:
  void find(ReadBuffer& buffer);
  void check_size(std::size_t read) const;

  const Limits& limits_;
  HeadScan scan_;
  std::size_t length_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace gatehouse::http
