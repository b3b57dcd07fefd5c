#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace gatehouse {

// The kinds of error that a caller of the API can hear; the names are contract, each has one HTTP status.
enum class ErrorKind {
  bad_request,
  invalid,
  unauthorized,
  forbidden,
  not_found,
  already_exists,
  data_race,
  request_entity_too_large,
  too_many_request,
  internal_error,
  service_unavailable,
};

std::string_view error_name(ErrorKind kind);  // "BadRequest", "TooManyRequest" …
int http_status(ErrorKind kind);

// What the caller of the API has to hear. Thrown by services, turned into a response in one place.
// `reason` and the keys of `info` are contract; `message` is ours. Never put a secret into any of them.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string reason, std::string message);
  Error(ErrorKind kind, std::string reason, std::string message, boost::json::object info);

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& reason() const noexcept { return reason_; }
  const std::string& message() const noexcept { return message_; }
  const boost::json::object& info() const;
  const char* what() const noexcept override { return message_.c_str(); }

  // Seconds after which a retry makes sense (Retry-After); 0: not said.
  int retry_after() const noexcept { return retry_after_; }
  Error& with_retry_after(int seconds) {
    retry_after_ = seconds;
    return *this;
  }

  // {"name","reason","message","code","info"?}: the contract's shape.
  boost::json::object to_json() const;

 private:
  ErrorKind kind_;
  std::string reason_;
  std::string message_;
  std::shared_ptr<const boost::json::object> info_;
  int retry_after_ = 0;
};

// The one answer while something that the request needs is away or overloaded: 503 with Retry-After.
Error unavailable(std::string message, int retry_after_seconds = 1);

}  // namespace gatehouse
