#pragma once

#include <memory>
#include <string_view>

#include "platform/http/message.h"
#include "platform/http/request_head.h"
#include "platform/http/server.h"

namespace gatehouse::http {

// Reads one request (RFC 9112) into a Request. Stricter than the standard wherever two readers could disagree about
// where a request ends or whom it is for. Throws Refusal.
class RequestParser {
 public:
  RequestParser(const Limits& limits, Request& request);
  ~RequestParser();

  // `head` is one whole head as HeadScan delimits it.
  void head(std::string_view head);

  // Takes bytes of the body; returns how many it used.
  std::size_t body(std::string_view bytes);
  bool done() const;

  // Bytes of the body that are still to come; nothing for a chunked body.
  std::optional<std::uint64_t> remaining() const;
  bool keep_alive() const;
  bool http_1_0() const;
  bool expects_continue() const { return expects_continue_; }
  std::string_view method_name() const { return method_name_; }

 private:
  class Parser;

  void check_framing();
  void read_host(std::string_view authority);
  void read_expectation();

  Request& request_;
  bool expects_continue_ = false;
  std::string_view method_name_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace gatehouse::http
