#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::redis {

// Where a Redis is and how to sign in there: what a URL says.
struct Address {
  std::string host;
  std::string port = "6379";
  std::string socket_path;  // instead of host and port
  bool tls = false;
  std::string username;
  std::string password;
  int database = 0;

  // For logs: nothing of user name and password.
  std::string describe() const;
};

// redis://[[user]:password@]host[:port][/db], rediss://…, unix:///path[?db=n]. Throws std::runtime_error that says what
// it must be ("must have a host …") and never quotes the URL: it may hold a password.
Address parse_address(std::string_view url);

// A command in the wire's form: an array of bulk strings.
std::string encode_command(const std::vector<std::string>& words);

}  // namespace gatehouse::redis
