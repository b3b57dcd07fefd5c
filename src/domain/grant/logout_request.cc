#include "domain/grant/logout_request.h"

#include <algorithm>

#include "domain/client/redirect_uri.h"

namespace gatehouse::grant {

namespace {

std::string with_state(std::string uri, const std::optional<std::string>& state) {
  if (!state || state->empty()) {
    return uri;
  }
  const std::size_t end =
      std::min(uri.find('#'), uri.size());  // RFC 3986 3.4: the query ends where the fragment begins
  const char before = uri.find('?') < end ? '&' : '?';
  return uri.insert(end, before + ("state=" + http::percent_encode(*state)));
}

// Nobody knows which of two was meant.
bool comes_twice(const http::Fields& parameters, std::string_view name) { return parameters.count(name) > 1; }

}  // namespace

LogoutRequest parse_logout_request(const project::Project& project, const http::Fields& parameters) {
  LogoutRequest request;
  const auto hint = parameters.get("id_token_hint");
  if (!hint || comes_twice(parameters, "id_token_hint") || comes_twice(parameters, "client_id")) {
    return request;
  }
  request.hint = parse_id_token_hint(project, *hint);
  const auto client_id = parameters.get("client_id");
  if (request.hint && client_id && *client_id != request.hint->client.str()) {
    request.hint.reset();
  }
  request.client = request.hint ? project.client(request.hint->client) : nullptr;
  const auto uri = parameters.get("post_logout_redirect_uri");
  const bool is_clear = !comes_twice(parameters, "post_logout_redirect_uri") && !comes_twice(parameters, "state");
  if (request.client != nullptr && uri && is_clear && client::is_post_logout_redirect_uri(*request.client, *uri)) {
    request.redirect = with_state(*uri, parameters.get("state"));
  }
  return request;
}

}  // namespace gatehouse::grant
