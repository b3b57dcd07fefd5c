#include "endpoint/oauth/token_request.h"

#include <boost/json.hpp>

#include "endpoint/oauth/parameters.h"
#include "platform/base/ascii.h"
#include "platform/base/error.h"
#include "platform/crypto/encoding.h"

namespace gatehouse::oauth {

namespace {

using client::ClientCredentials;

client::OAuthError broken_basic() { return client::failed_basic("the Authorization header is not valid HTTP Basic"); }

std::string form_decoded(std::string_view half) {
  http::Fields fields;
  try {
    fields = http::parse_form("v=" + std::string(half));
  } catch (const Error&) {
    throw broken_basic();
  }
  return fields.all().size() == 1 ? fields.all().front().second : throw broken_basic();
}

// What follows "Basic " (RFC 7617).
std::optional<std::string_view> basic_header(const http::Request& request) {
  constexpr std::string_view kScheme = "Basic ";
  const auto header = request.header("Authorization");
  if (!header || !equals_ignoring_case(header->substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  return trim(header->substr(kScheme.size()));
}

// RFC 6749 2.3.1: both halves are form-encoded before they are joined.
std::optional<ClientCredentials> basic_credentials(const http::Request& request) {
  const auto header = basic_header(request);
  if (!header) {
    return std::nullopt;
  }
  const auto decoded = crypto::from_base64(*header);
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    throw broken_basic();
  }
  return ClientCredentials{form_decoded(std::string_view(*decoded).substr(0, colon)),
                           client::AuthenticationMethod::client_secret_basic,
                           form_decoded(std::string_view(*decoded).substr(colon + 1))};
}

}  // namespace

http::Fields token_form(const http::Request& request, std::initializer_list<std::string_view> single) {
  http::Fields form;
  try {
    form = request.form();
  } catch (const Error& error) {
    throw client::invalid_request("the body must be application/x-www-form-urlencoded: " + error.message());
  }
  check_single(form, single);
  return with_values(form);
}

bool presents_client(const http::Request& request, const http::Fields& form) {
  return form.get("client_id") || basic_header(request);
}

client::ClientCredentials client_credentials(const http::Request& request, const http::Fields& form) {
  const auto id = form.get("client_id");
  const auto secret = form.get("client_secret");
  auto basic = basic_credentials(request);
  if (basic) {
    if (secret || (id && *id != basic->client_id)) {
      throw client::invalid_request("the client presents itself in the Authorization header and in the body");
    }
    return std::move(*basic);
  }
  if (!id || id->empty()) {
    throw client::OAuthError("invalid_client", "client_id: is missing");
  }
  if (secret) {
    return {*id, client::AuthenticationMethod::client_secret_post, *secret};
  }
  return {*id, client::AuthenticationMethod::none, ""};
}

client::OAuthError rate_limited(const Error& error) {
  if (error.kind() != ErrorKind::too_many_request) {
    throw error;
  }
  return {"x_rate_limited", error.message(), static_cast<int>(http::Status::too_many_requests)};
}

http::Response token_error(const client::OAuthError& error) {
  http::Response response =
      http::Response::json(static_cast<http::Status>(error.status()), boost::json::serialize(error.to_json()));
  response.set("Pragma", "no-cache");
  if (!error.challenge().empty()) {
    response.set("WWW-Authenticate", error.challenge());
  }
  return response;
}

}  // namespace gatehouse::oauth
