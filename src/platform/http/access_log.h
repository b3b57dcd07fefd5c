#pragma once

#include <string>
#include <string_view>

#include "platform/base/time.h"
#include "platform/http/message.h"

namespace gatehouse::http {

struct AccessRecord {
  std::string_view method;
  std::string_view path;  // never the query: it carries codes
  int status = 0;
  std::size_t bytes = 0;  // of the body
  Micros duration{};
  std::string_view client_ip;
  std::string_view request_id;
  std::string_view host;
};

// A path as the log shows it: at most its first 512 bytes, and "***" for what may be a token between two of "/" and "."
// (16 characters or more, not only small letters, "-" and "_").
std::string loggable_path(std::string_view path);

// One core's access log: one JSON object a line on standard error, gathered into few writes.
class AccessLog {
 public:
  ~AccessLog() { flush(); }
  void add(const AccessRecord& record);
  void flush();

 private:
  void append_time();

  std::string lines_;
  TimePoint second_{};       // the second whose text is kept
  std::string second_text_;  // "2026-01-31T23:59:59"
};

}  // namespace gatehouse::http
