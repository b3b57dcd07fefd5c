#include "domain/client/clients.h"

#include "domain/client/scope.h"
#include "support/test_project.h"

namespace gatehouse::client {
namespace {

using project::ApplicationType;
using enum AuthenticationMethod;

project::Handle a_project() {
  test::TestProject builder;
  project::OAuthClient machine;
  machine.client_id = project::ClientId{"machine"};
  machine.application_type = ApplicationType::m2m;
  builder.add_client(machine, "machine-secret");
  project::OAuthClient forgotten;
  forgotten.client_id = project::ClientId{"without-secret"};
  forgotten.application_type = ApplicationType::confidential;
  builder.add_client(forgotten);
  builder.secrets.client_secrets[project::ClientId{test::kConfidentialClient}] = {"newest", test::kConfidentialSecret};
  return builder.build();
}

// error and status, "" where the client authenticated
std::string verdict(const ClientCredentials& credentials) {
  static const auto project = a_project();
  try {
    const auto& client = authenticate(*project, credentials);
    EXPECT_EQ(client.client_id.str(), credentials.client_id);
    return "";
  } catch (const OAuthError& error) {
    EXPECT_EQ(error.challenge().empty(), error.status() == 400);
    return error.error() + " " + std::to_string(error.status());
  }
}

TEST(ClientAuthentication, of_a_public_client_is_its_id_and_nothing_more) {
  EXPECT_EQ(verdict({test::kPublicClient, none, ""}), "");
  EXPECT_EQ(verdict({test::kPublicClient, client_secret_post, "anything"}), "invalid_client 400");
  EXPECT_EQ(verdict({test::kPublicClient, client_secret_basic, "anything"}), "invalid_client 401");
  EXPECT_EQ(verdict({test::kPublicClient, client_secret_basic, ""}), "invalid_client 401");
}

TEST(ClientAuthentication, of_a_confidential_client_needs_one_of_its_live_secrets) {
  for (const auto method : {client_secret_post, client_secret_basic}) {
    const std::string refused = method == client_secret_basic ? "invalid_client 401" : "invalid_client 400";
    EXPECT_EQ(verdict({test::kConfidentialClient, method, test::kConfidentialSecret}), "");
    EXPECT_EQ(verdict({test::kConfidentialClient, method, "newest"}), "");
    EXPECT_EQ(verdict({test::kConfidentialClient, method, "wrong"}), refused);
    EXPECT_EQ(verdict({test::kConfidentialClient, method, ""}), refused);
    EXPECT_EQ(verdict({test::kConfidentialClient, method, test::kThirdPartySecret}), refused);
    EXPECT_EQ(verdict({test::kThirdPartyClient, method, test::kThirdPartySecret}), "");
  }
  EXPECT_EQ(verdict({test::kConfidentialClient, none, ""}), "invalid_client 400");
}

TEST(ClientAuthentication, fails_for_a_client_that_has_no_secret_or_does_not_exist) {
  EXPECT_EQ(verdict({"without-secret", client_secret_post, ""}), "invalid_client 400");
  EXPECT_EQ(verdict({"without-secret", client_secret_post, "x"}), "invalid_client 400");
  EXPECT_EQ(verdict({"without-secret", none, ""}), "invalid_client 400");
  EXPECT_EQ(verdict({"nobody", none, ""}), "invalid_client 400");
  EXPECT_EQ(verdict({"nobody", client_secret_basic, "x"}), "invalid_client 401");
  EXPECT_EQ(verdict({"", none, ""}), "invalid_client 400");
}

TEST(Client, of_a_machine_asks_for_no_authorization) {
  const auto project = a_project();
  EXPECT_NE(find_for_authorization(*project, test::kPublicClient), nullptr);
  EXPECT_EQ(find_for_authorization(*project, "machine"), nullptr);
  EXPECT_EQ(find_for_authorization(*project, "nobody"), nullptr);
}

TEST(GrantType, that_is_unknown_or_not_this_clients_is_refused) {
  const auto project = a_project();
  const auto verdict_of = [&](const char* id, const char* grant_type) -> std::string {
    try {
      check_grant_type(*project->client(project::ClientId{id}), grant_type);
      return "";
    } catch (const OAuthError& error) {
      return error.error();
    }
  };
  EXPECT_EQ(verdict_of(test::kPublicClient, "authorization_code"), "");
  EXPECT_EQ(verdict_of(test::kPublicClient, "refresh_token"), "");
  EXPECT_EQ(verdict_of(test::kPublicClient, "password"), "unsupported_grant_type");
  EXPECT_EQ(verdict_of(test::kPublicClient, ""), "unsupported_grant_type");
  EXPECT_EQ(verdict_of("machine", "authorization_code"), "unauthorized_client");
}

std::string scopes_of(ApplicationType type, std::string_view scope) {
  project::OAuthClient client;
  client.application_type = type;
  try {
    return join_scope(parse_scope(client, scope));
  } catch (const OAuthError& error) {
    return error.error();
  }
}

TEST(Scope, is_what_the_contract_allows_each_kind_of_client) {
  const std::string full = std::string(kOpenId) + " " + std::string(kFullAccess);
  EXPECT_EQ(scopes_of(ApplicationType::spa, full), full);
  EXPECT_EQ(scopes_of(ApplicationType::native, full), full);
  EXPECT_EQ(scopes_of(ApplicationType::unspecified, full), full);
  EXPECT_EQ(scopes_of(ApplicationType::confidential, full), "invalid_scope");
  EXPECT_EQ(scopes_of(ApplicationType::third_party_app, full), "invalid_scope");
  const std::string standard = "openid offline_access profile email phone address";
  for (const auto type : {ApplicationType::spa, ApplicationType::confidential, ApplicationType::third_party_app}) {
    EXPECT_EQ(scopes_of(type, standard), standard);
  }
}

TEST(Scope, needs_openid_and_nothing_unknown) {
  EXPECT_EQ(scopes_of(ApplicationType::spa, ""), "invalid_scope");
  EXPECT_EQ(scopes_of(ApplicationType::spa, "email"), "invalid_scope");
  EXPECT_EQ(scopes_of(ApplicationType::spa, "openid admin"), "invalid_scope");
  EXPECT_EQ(scopes_of(ApplicationType::spa, "OpenID"), "invalid_scope");
  EXPECT_EQ(scopes_of(ApplicationType::spa, "openid device_sso"), "invalid_scope");
  EXPECT_EQ(scopes_of(ApplicationType::spa, "openid\temail"), "invalid_scope");
}

TEST(Scope, is_kept_in_its_order_and_each_once) {
  EXPECT_EQ(scopes_of(ApplicationType::spa, " email  openid email openid "), "email openid");
}

}  // namespace
}  // namespace gatehouse::client
