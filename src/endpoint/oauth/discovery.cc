#include "endpoint/oauth/discovery.h"

#include <boost/json.hpp>

namespace gatehouse::oauth {

namespace {

std::string discovery_document(const project::Project& project) {
  const std::string& issuer = project.origin();
  return boost::json::serialize(boost::json::object{
      {"issuer", issuer},
      {"authorization_endpoint", issuer + "/oauth2/authorize"},
      {"token_endpoint", issuer + "/oauth2/token"},
      {"revocation_endpoint", issuer + "/oauth2/revoke"},
      {"jwks_uri", issuer + "/oauth2/jwks"},
      {"userinfo_endpoint", issuer + "/oauth2/userinfo"},
      {"end_session_endpoint", issuer + "/oauth2/end_session"},
      {"response_types_supported", {"code"}},
      {"response_modes_supported", {"query"}},
      {"grant_types_supported", {"authorization_code", "refresh_token"}},
      {"code_challenge_methods_supported", {"S256"}},
      {"token_endpoint_auth_methods_supported", {"none", "client_secret_post", "client_secret_basic"}},
      {"revocation_endpoint_auth_methods_supported", {"none", "client_secret_post", "client_secret_basic"}},
      {"scopes_supported",
       {"openid", "offline_access", "profile", "email", "address", "phone", "https://authgear.com/scopes/full-access",
        "https://authgear.com/scopes/full-userinfo"}},
      {"subject_types_supported", {"public"}},
      {"id_token_signing_alg_values_supported", {project.signing_key().algorithm()}},
      {"authorization_response_iss_parameter_supported", true},
      {"claims_parameter_supported", false},
      {"request_parameter_supported", false},
      {"request_uri_parameter_supported", false},
      {"prompt_values_supported", {"none", "login", "consent", "select_account"}},
      {"claims_supported",
       {"iss",
        "aud",
        "iat",
        "exp",
        "sub",
        "auth_time",
        "nonce",
        "amr",
        "sid",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
        "preferred_username",
        "family_name",
        "given_name",
        "picture",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at"}},
  });
}

std::string jwks_document(const project::Project& project) {
  boost::json::array keys;
  for (const auto& key : project.secrets.oauth_keys) {
    keys.push_back(key.public_jwk());
  }
  return boost::json::serialize(boost::json::object{{"keys", std::move(keys)}});
}

constexpr std::size_t kMostProjects = 1000;

}  // namespace

std::shared_ptr<const http::Document> ProjectDocument::of(const project::Handle& project) {
  const auto found = entries_.find(project->id().str());
  if (found != entries_.end() && found->second.project.lock() == project) {
    return found->second.document;
  }
  if (entries_.size() >= kMostProjects) {
    entries_.clear();
  }
  auto document = std::make_shared<const http::Document>(make_(*project), "application/json", "public, max-age=300");
  entries_[project->id().str()] = {project, document};
  return document;
}

DiscoveryEndpoint::DiscoveryEndpoint() : metadata_(discovery_document), jwks_(jwks_document) {}

Task<http::Response> DiscoveryEndpoint::metadata(project::Context& ctx, const http::Request& request) {
  co_return metadata_.of(ctx.handle())->respond(request);
}

Task<http::Response> DiscoveryEndpoint::jwks(project::Context& ctx, const http::Request& request) {
  co_return jwks_.of(ctx.handle())->respond(request);
}

}  // namespace gatehouse::oauth
