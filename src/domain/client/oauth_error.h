#pragma once

#include <exception>
#include <string>

#include <boost/json/fwd.hpp>

namespace gatehouse::client {

// An error of RFC 6749 5.2, RFC 6750 3.1 or OpenID Connect Core 3.1.2.6, as the client has to hear it.
class OAuthError : public std::exception {
 public:
  // What error_description may not have (RFC 6749 5.2, RFC 6750 3: anything but printable ASCII without '"' and '\')
  // becomes a single quote or '?'.
  OAuthError(std::string error, std::string description, int status = 400);

  const std::string& error() const noexcept { return error_; }              // "invalid_grant"
  const std::string& description() const noexcept { return description_; }  // never a secret, never what was sent
  int status() const noexcept { return status_; }
  // Value of WWW-Authenticate; empty where there is none. RFC 6749 5.2: after a failed Basic authentication.
  const std::string& challenge() const noexcept { return challenge_; }
  const char* what() const noexcept override { return error_.c_str(); }

  OAuthError& with_challenge(std::string challenge) {
    challenge_ = std::move(challenge);
    return *this;
  }
  // {"error","error_description"}
  boost::json::object to_json() const;

 private:
  std::string error_;
  std::string description_;
  int status_;
  std::string challenge_;
};

// invalid_client after HTTP Basic: 401 with its challenge (RFC 6749 5.2).
OAuthError failed_basic(std::string description);
OAuthError invalid_request(std::string description);
OAuthError invalid_grant(std::string description);
OAuthError invalid_scope(std::string description);

}  // namespace gatehouse::client
