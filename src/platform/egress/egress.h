#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "platform/base/context.h"
#include "platform/base/error.h"
#include "platform/base/task.h"

namespace gatehouse::egress {

// Turns a host name into addresses. The default asks the operating system, off the core.
using Resolver = std::function<Task<std::vector<asio::ip::address>>(std::string host)>;

struct Options {
  std::vector<std::string> allow;  // CIDRs of private, loopback or link-local addresses that may be reached
  std::string proxy;               // for HTTP; empty: none
  std::string extra_ca_file;       // PEM, beside the system's
  Resolver resolver;               // empty: the default
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;                   // https:// or http://
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  Seconds at_most{10};
  std::size_t response_bytes = std::size_t{1024} * 1024;
  int redirects = 0;  // how many are followed; each target is checked again
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string content_type;
};

// starttls: no TLS, no mail. starttls_if_offered: for servers on this host.
enum class SmtpSecurity { starttls, tls, starttls_if_offered };

struct Mail {
  std::string host;
  int port = 587;
  SmtpSecurity security = SmtpSecurity::starttls;
  std::string username;  // empty: no AUTH
  std::string password;
  std::string envelope_from;
  std::string envelope_to;
  std::string message;  // RFC 5322 with CRLF
  Seconds at_most{30};
};

// A client sends this many mails at once; more of them wait for their turn, and their time goes on meanwhile.
inline constexpr std::size_t kMailsAtOnce = 4;

// Every outgoing connection of the product. Resolves a name once, refuses private, loopback and link-local addresses
// (and their IPv6 forms) that are not allowed, connects to what it resolved, bounds time and size. Nothing blocks the
// core. Errors are Error ServiceUnavailable (reason EgressUnavailable) or Error Forbidden (reason EgressForbidden).
class Client {
 public:
  Client(asio::io_context& io, Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Task<HttpResponse> http(Context& ctx, HttpRequest request);

  // Breaks off what is on its way, within a second or so, and begins nothing new.
  void stop();

  // Returns when the server took responsibility (250 after DATA). `permanent` in the Error's info tells a 5xx from the
  // rest. Neither begins nor goes on after `mail.at_most` or the context's deadline, whichever comes first.
  Task<void> send(Context& ctx, Mail mail);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::egress
