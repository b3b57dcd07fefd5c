#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/task.h"

namespace gatehouse::test {

struct ReceivedMail {
  bool tls = false;
  std::string user;  // of AUTH PLAIN; "user:password"
  std::string from;
  std::string to;
  std::string data;  // as it was before dot-stuffing
};

// A small SMTP server on 127.0.0.1, on the test's own loop.
class SmtpReceiver {
 public:
  enum class Security { none, starttls, tls };

  SmtpReceiver(asio::io_context& io, Security security);
  ~SmtpReceiver();
  SmtpReceiver(const SmtpReceiver&) = delete;
  SmtpReceiver& operator=(const SmtpReceiver&) = delete;

  int port() const;
  const std::string& ca_file() const;
  const std::vector<ReceivedMail>& mails() const;
  // Answers `verb` ("MAIL", "RCPT", "DATA", "." for the end of the message, "AUTH") with this reply; "" hangs up.
  void answer(const std::string& verb, const std::string& reply);
  void behave();  // no special answers any more
  // Messages are taken, but who sent them hears nothing until `let_go`.
  void hold();
  void let_go();
  std::size_t held() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::test
