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

// One core's access log: one JSON object a line on standard error, gathered into few writes.
class AccessLog {
 public:
  ~AccessLog() { flush(); }
  void add(const AccessRecord& record);
  void flush();

 private:
  std::string lines_;
};

}  // namespace gatehouse::http
