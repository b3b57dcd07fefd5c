#include "domain/client/redirect_uri.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <boost/url.hpp>

#include "domain/client/oauth_error.h"

namespace {

gatehouse::project::OAuthClient client_of(gatehouse::project::ApplicationType type) {
  gatehouse::project::OAuthClient client;
  client.application_type = type;
  client.redirect_uris = {"https://app.example.com/callback", "http://127.0.0.1/callback", "http://[::1]/callback?x=1",
                          "com.example.app:/callback"};
  return client;
}

// The second parser's opinion (RFC 3986): exactly a loopback address, any port, and the registered path and query.
bool is_registered_loopback(const std::string& uri) {
  const auto parsed = boost::urls::parse_uri(uri);
  if (!parsed || parsed->has_userinfo() || parsed->has_fragment() || parsed->scheme() != "http") {
    return false;
  }
  const bool v4 =
      parsed->encoded_host() == "127.0.0.1" && parsed->encoded_path() == "/callback" && !parsed->has_query();
  const bool v6 =
      parsed->encoded_host() == "[::1]" && parsed->encoded_path() == "/callback" && parsed->encoded_query() == "x=1";
  return v4 || v6;
}

bool accepted(const gatehouse::project::OAuthClient& client, const std::string& uri) {
  try {
    return gatehouse::client::resolve_redirect_uri(client, uri) == uri;
  } catch (const gatehouse::client::OAuthError&) {
    return false;
  }
}

}  // namespace

// A URI that is accepted is one of the client's own to the byte, or, for native clients, differs in a loopback port
// only, in the eyes of another parser.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gatehouse::project::ApplicationType;
  static const auto native = client_of(ApplicationType::native);
  static const auto web = client_of(ApplicationType::traditional_webapp);
  const std::string uri(reinterpret_cast<const char*>(data), size);
  const bool registered = std::ranges::find(web.redirect_uris, uri) != web.redirect_uris.end();
  if (accepted(web, uri) != registered) {
    std::abort();
  }
  if (accepted(native, uri) && !registered && !is_registered_loopback(uri)) {
    std::abort();
  }
  return 0;
}
