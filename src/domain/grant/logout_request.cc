#include "domain/grant/logout_request.h"

#include "domain/client/redirect_uri.h"

namespace gatehouse::grant {

namespace {

std::string with_state(std::string uri, const std::optional<std::string>& state) {
  if (!state || state->empty()) {
    return uri;
  }
  uri += uri.find('?') == std::string::npos ? '?' : '&';
  return uri + "state=" + http::percent_encode(*state);
}

}  // namespace

LogoutRequest parse_logout_request(const project::Project& project, const http::Fields& parameters) {
  LogoutRequest request;
  const auto hint = parameters.get("id_token_hint");
  if (!hint || parameters.count("id_token_hint") > 1) {
    return request;
  }
  request.hint = parse_id_token_hint(project, *hint);
  const auto client_id = parameters.get("client_id");
  if (request.hint && client_id && *client_id != request.hint->client.str()) {
    request.hint.reset();
  }
  request.client = request.hint ? project.client(request.hint->client) : nullptr;
  const auto uri = parameters.get("post_logout_redirect_uri");
  const bool once = parameters.count("post_logout_redirect_uri") == 1;
  if (request.client != nullptr && uri && once && client::is_post_logout_redirect_uri(*request.client, *uri)) {
    request.redirect = with_state(*uri, parameters.get("state"));
  }
  return request;
}

}  // namespace gatehouse::grant
