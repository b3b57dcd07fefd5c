#include "platform/http/head_reader.h"

namespace gatehouse::http {

void HeadReader::begin() {
  scan_ = {};
  length_ = 0;
  refusal_.reset();
}

bool HeadReader::look(ReadBuffer& buffer) {
  if (!refusal_) {
    try {
      find(buffer);
    } catch (const Refusal& refusal) {
      refusal_ = refusal;
    }
  }
  return refusal_ || length_ > 0;
}

void HeadReader::find(ReadBuffer& buffer) {
  length_ = scan_.scan(buffer.view());
  for (int skipped = 0; length_ == 2 && skipped < 2; ++skipped) {
    buffer.consume(2);
    scan_ = {};
    length_ = scan_.scan(buffer.view());
  }
  check_size(length_ > 0 ? length_ : buffer.view().size());
}

void HeadReader::check_size(std::size_t read) const {
  if (read <= limits_.header_bytes) {
    return;
  }
  if (scan_.in_first_line()) {
    throw Refusal{Status::uri_too_long, "the request line is too long"};
  }
  throw Refusal{Status::header_too_large, "the request's head is too large"};
}

}  // namespace gatehouse::http
