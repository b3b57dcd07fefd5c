#include "platform/base/error.h"

#include <array>
#include <utility>

#include <boost/json.hpp>

namespace gatehouse {

namespace {

struct KindFacts {
  std::string_view name;
  int status;
};

constexpr std::array<KindFacts, 11> kFacts{{
    {"BadRequest", 400},
    {"Invalid", 400},
    {"Unauthorized", 401},
    {"Forbidden", 403},
    {"NotFound", 404},
    {"AlreadyExists", 409},
    {"DataRace", 409},
    {"RequestEntityTooLarge", 413},
    {"TooManyRequest", 429},
    {"InternalError", 500},
    {"ServiceUnavailable", 503},
}};

const boost::json::object& no_info() {
  static const boost::json::object empty;
  return empty;
}

}  // namespace

std::string_view error_name(ErrorKind kind) { return kFacts.at(static_cast<std::size_t>(kind)).name; }

int http_status(ErrorKind kind) { return kFacts.at(static_cast<std::size_t>(kind)).status; }

Error::Error(ErrorKind kind, std::string reason, std::string message)
    : kind_(kind), reason_(std::move(reason)), message_(std::move(message)) {}

Error::Error(ErrorKind kind, std::string reason, std::string message, boost::json::object info)
    : kind_(kind),
      reason_(std::move(reason)),
      message_(std::move(message)),
      info_(std::make_shared<const boost::json::object>(std::move(info))) {}

const boost::json::object& Error::info() const { return info_ ? *info_ : no_info(); }

boost::json::object Error::to_json() const {
  boost::json::object json{
      {"name", error_name(kind_)}, {"reason", reason_}, {"message", message_}, {"code", http_status(kind_)}};
  if (info_ && !info_->empty()) {
    json["info"] = *info_;
  }
  return json;
}

Error unavailable(std::string message, int retry_after_seconds) {
  return std::move(Error(ErrorKind::service_unavailable, "ServiceUnavailable", std::move(message))
                       .with_retry_after(retry_after_seconds));
}

}  // namespace gatehouse
