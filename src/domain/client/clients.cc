#include "domain/client/clients.h"

#include "platform/crypto/hash.h"

namespace gatehouse::client {

namespace {

[[noreturn]] void refuse(const ClientCredentials& credentials) {
  constexpr const char* kDescription = "client authentication failed";
  if (credentials.method == AuthenticationMethod::client_secret_basic) {
    throw failed_basic(kDescription);
  }
  throw OAuthError("invalid_client", kDescription);
}

// Compares with every live secret, whichever it is.
bool is_secret_of(const project::Project& project, const ClientId& id, const std::string& presented) {
  const auto* secrets = project.client_secrets(id);
  if (secrets == nullptr || presented.empty()) {
    return false;
  }
  bool matches = false;
  for (const std::string& secret : *secrets) {
    matches |= crypto::secure_equal(secret, presented);
  }
  return matches;
}

}  // namespace

const project::OAuthClient& authenticate(const project::Project& project, const ClientCredentials& credentials) {
  const ClientId id{credentials.client_id};
  const auto* client = project.client(id);
  if (client == nullptr) {
    refuse(credentials);
  }
  const bool presents_secret = credentials.method != AuthenticationMethod::none;
  if (client->is_confidential() != presents_secret) {
    refuse(credentials);
  }
  if (presents_secret && !is_secret_of(project, id, credentials.client_secret)) {
    refuse(credentials);
  }
  return *client;
}

const project::OAuthClient* find_for_authorization(const project::Project& project, std::string_view client_id) {
  const auto* client = project.client(ClientId{std::string(client_id)});
  if (client == nullptr || client->application_type == project::ApplicationType::m2m) {
    return nullptr;
  }
  return client;
}

void check_grant_type(const project::OAuthClient& client, std::string_view grant_type) {
  if (grant_type != "authorization_code" && grant_type != "refresh_token") {
    throw OAuthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token");
  }
  if (client.application_type == project::ApplicationType::m2m) {
    throw OAuthError("unauthorized_client", "this client may not use this grant_type");
  }
}

}  // namespace gatehouse::client
