#include "domain/client/oauth_error.h"

#include <boost/json.hpp>

namespace gatehouse::client {

namespace {

std::string permitted(std::string description) {
  for (char& c : description) {
    if (c == '"') {
      c = '\'';
    } else if (c < ' ' || c > '~' || c == '\\') {
      c = '?';
    }
  }
  return description;
}

}  // namespace

OAuthError::OAuthError(std::string error, std::string description, int status)
    : error_(std::move(error)), description_(permitted(std::move(description))), status_(status) {}

boost::json::object OAuthError::to_json() const { return {{"error", error_}, {"error_description", description_}}; }

OAuthError failed_basic(std::string description) {
  return std::move(OAuthError("invalid_client", std::move(description), 401).with_challenge("Basic realm=\"oauth2\""));
}
OAuthError invalid_request(std::string description) { return {"invalid_request", std::move(description)}; }
OAuthError invalid_grant(std::string description) { return {"invalid_grant", std::move(description)}; }
OAuthError invalid_scope(std::string description) { return {"invalid_scope", std::move(description)}; }

}  // namespace gatehouse::client
