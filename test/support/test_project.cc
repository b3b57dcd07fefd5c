#include "support/test_project.h"

#include <algorithm>
#include <stdexcept>

namespace gatehouse::test {
namespace {

using namespace std::chrono_literals;
using project::RateLimit;

project::OAuthClient client_of(const char* id, project::ApplicationType type) {
  project::OAuthClient client;
  client.client_id = project::ClientId{id};
  client.name = id;
  client.client_name = id;
  client.application_type = type;
  client.redirect_uris = {kRedirectUri};
  client.post_logout_redirect_uris = {kPostLogoutUri};
  return client;
}

RateLimit limit(Micros period, std::int64_t burst) {
  return RateLimit{.enabled = true, .period = period, .burst = burst};
}

project::LoginIdKey login_id_key(const std::string& type) {
  return {.key = type, .type = type, .max_length = type == "email" ? 320 : 40};
}

void contract_rate_limits(project::Config& config) {
  config.messaging.email_per_ip = limit(1min, 200);
  config.messaging.email_per_target = limit(24h, 50);
  auto& of = config.authentication.rate_limits;
  of.general_per_ip = of.password_per_ip = limit(1min, 60);
  of.general_per_user_per_ip = of.password_per_user_per_ip = limit(1min, 10);
  of.signup_per_ip = of.account_enumeration_per_ip = limit(1min, 10);
  config.verification.email_validate_per_ip = limit(1min, 60);
}

}  // namespace

const jose::Key& test_signing_key() {
  static const jose::Key key = jose::Key::generate_rsa(2048, "test-key");
  return key;
}

TestProject::TestProject(std::string id, std::string origin) {
  config.id = project::ProjectId{std::move(id)};
  config.http.public_origin = std::move(origin);
  config.localization.supported_languages = {"en"};
  config.authentication.identities = {"oauth", "login_id"};
  config.authentication.primary_authenticators = {"password"};
  config.authentication.secondary_authenticators = {"totp"};
  contract_rate_limits(config);
  login_ids({"email", "username"});
  add_client(client_of(kPublicClient, project::ApplicationType::spa));
  add_client(client_of(kConfidentialClient, project::ApplicationType::confidential), kConfidentialSecret);
  add_client(client_of(kThirdPartyClient, project::ApplicationType::third_party_app), kThirdPartySecret);
}

TestProject& TestProject::database(std::string url) {
  if (secrets.audit_database_url.empty()) {
    secrets.audit_database_url = url;
  }
  secrets.database_url = std::move(url);
  return *this;
}

TestProject& TestProject::audit_database(std::string url) {
  secrets.audit_database_url = std::move(url);
  return *this;
}

TestProject& TestProject::redis(std::string url) {
  secrets.redis_url = std::move(url);
  return *this;
}

TestProject& TestProject::rotation(bool enabled) {
  for (auto& client : config.oauth_clients) {
    client.refresh_token_rotation_enabled = enabled;
  }
  return *this;
}

TestProject& TestProject::jwt_access_tokens(bool enabled) {
  for (auto& client : config.oauth_clients) {
    client.issue_jwt_access_token = enabled;
  }
  return *this;
}

TestProject& TestProject::no_rate_limits() {
  config.messaging = {};
  config.authentication.rate_limits = {};
  config.verification.email_trigger_per_ip = config.verification.email_trigger_per_user = {};
  config.verification.email_validate_per_ip = {};
  return *this;
}

TestProject& TestProject::login_ids(std::vector<std::string> types) {
  config.login_id.keys.clear();
  for (const auto& type : types) {
    config.login_id.keys.push_back(login_id_key(type));
  }
  return *this;
}

TestProject& TestProject::add_client(project::OAuthClient client, std::string secret) {
  if (!secret.empty()) {
    secrets.client_secrets[client.client_id] = {std::move(secret)};
  }
  config.oauth_clients.push_back(std::move(client));
  return *this;
}

project::OAuthClient& TestProject::client(std::string_view id) {
  const auto found = std::ranges::find_if(config.oauth_clients, [&](const auto& c) { return c.client_id.str() == id; });
  if (found == config.oauth_clients.end()) {
    throw std::invalid_argument("the test project has no such client");
  }
  return *found;
}

project::Handle TestProject::build() const {
  project::Secrets complete = secrets;
  if (complete.oauth_keys.empty()) {
    complete.oauth_keys = {test_signing_key()};
  }
  return std::make_shared<const project::Project>(config, std::move(complete), resources, "test");
}

TestContext::TestContext(project::Handle of, postgres::DatabaseOptions options) : project(std::move(of)) {
  options.url = project->secrets.database_url;
  options.schema = project->secrets.database_schema;
  database = std::make_unique<postgres::Database>(io, std::move(options));
  ctx_ = another();
}

TestContext::~TestContext() { database->close(); }

std::unique_ptr<project::Context> TestContext::another() const {
  auto ctx = std::make_unique<project::Context>(project, *database, clock);
  ctx->request_id = "test";
  ctx->client_ip = "192.0.2.1";
  ctx->user_agent = "Mozilla/5.0 (test)";
  ctx->deadline = boot_time() + std::chrono::seconds{30};
  return ctx;
}

}  // namespace gatehouse::test
