#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace gatehouse::http {

// A request that cannot be answered otherwise: thrown while it is read, answered with `status` and a closed connection.
struct Refusal {
  Status status;
  const char* why;  // says what is wrong with the request; never quotes it
};

// Finds the end of a request head in a buffer that grows, and refuses what readers of HTTP disagree about: lines that
// end without CR LF, folded lines, NUL and other control characters (RFC 9112 2.2, 5.2).
class HeadScan {
 public:
  // `buffer` starts with the head and is what was given last time plus what came since. Returns the head's length with
  // its empty line, or 0 while it is incomplete. Throws Refusal.
  std::size_t scan(std::string_view buffer);
  bool in_first_line() const { return line_ == 0; }

 private:
  std::size_t seen_ = 0;        // bytes that were looked at
  std::size_t line_ = 0;        // lines that were ended
  std::size_t line_start_ = 0;  // where the current line starts
};

// What a request target says (RFC 9112 3.2): a path, percent-decoded once, and the query as sent.
struct Target {
  std::string path;
  std::string_view query;
  std::string_view authority;  // of the absolute form, else empty
};

// Takes the origin form and the absolute form. Throws Refusal for anything else, for bytes that no URI has, and for a
// path that two readers could take for two paths: encoded slashes, backslashes, NUL, control characters, dot segments,
// bytes that are not UTF-8, broken percent-encoding.
Target parse_target(std::string_view target);

// The Host header's value in lower case. Throws Refusal unless it is a name, an IPv4 address or an [IPv6] address with
// an optional port (RFC 9110 7.2).
std::string parse_host(std::string_view value);

}  // namespace gatehouse::http
