#include "platform/base/utf8.h"

namespace gatehouse {

namespace {

bool continues(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// The lowest and highest second byte after a lead byte of a 3 or 4 byte form (RFC 3629 4).
bool second_byte_fits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return continues(second);
  }
}

}  // namespace

std::size_t utf8_length(std::string_view bytes) {
  if (bytes.empty()) {
    return 0;
  }
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || bytes.size() < length || !second_byte_fits(lead, at(1))) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (!continues(at(i))) {
      return 0;
    }
  }
  return length;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) {
      return false;
    }
    bytes.remove_prefix(length);
  }
  return true;
}

std::string utf8_or_question_marks(std::string_view bytes, std::size_t limit) {
  std::string text;
  text.reserve(std::min(bytes.size(), limit));
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    const std::string_view character = length == 0 ? std::string_view{"?"} : bytes.substr(0, length);
    if (text.size() + character.size() > limit) {
      break;
    }
    text += character;
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace gatehouse
