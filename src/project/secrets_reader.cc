#include "project/secrets_reader.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "platform/crypto/encoding.h"
#include "platform/postgres/url.h"
#include "platform/redis/address.h"
#include "project/cross_check.h"

namespace gatehouse::project {
namespace {

// What is sent to this host does not cross a network.
bool is_this_host(std::string_view host) { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }

void report(std::vector<Problem>& problems, std::string path, std::string what) {
  problems.push_back({kSecretsFile, std::move(path), std::move(what)});
}

// One secret by its key: the first, as in the contract.
struct Item {
  std::string path;  // of its data
  Place data;
};

Item item(const Place& file, std::string_view key) {
  const auto items = file["secrets"].items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i]["key"].text() == key) {
      return {fmt::format("/secrets/{}/data", i), items[i]["data"]};
    }
  }
  return {"/secrets", Place(nullptr)};
}

class Reader {
 public:
  Reader(const Place& file, std::vector<Problem>& problems) : file_(file), problems_(problems) {}

  Secrets read() {
    Secrets secrets;
    database("db", secrets.database_url, secrets.database_schema);
    database("audit.db", secrets.audit_database_url, secrets.audit_database_schema);
    secrets.redis_url = redis();
    secrets.oauth_keys = signing_keys();
    client_secrets(secrets);
    secrets.smtp = smtp();
    return secrets;
  }

 private:
  void database(std::string_view key, std::string& url, std::string& schema) {
    const Item of = item(file_, key);
    if (!of.data.is_there()) {
      return;
    }
    url = of.data["database_url"].text();
    schema = of.data["database_schema"].text("public");
    try {
      postgres::check_url(url);
    } catch (const std::runtime_error& e) {  // it never quotes the URL
      report(problems_, of.path + "/database_url",
             fmt::format("{}, like postgres://user:password@host:5432/name", e.what()));
    }
    try {
      postgres::check_schema(schema);
    } catch (const std::runtime_error& e) {
      report(problems_, of.path + "/database_schema", e.what());
    }
  }

  std::string redis() {
    const Item of = item(file_, "redis");
    if (!of.data.is_there()) {
      return {};
    }
    std::string url = of.data["redis_url"].text();
    try {
      redis::parse_address(url);
    } catch (const std::runtime_error& e) {  // it never quotes the URL
      report(problems_, of.path + "/redis_url", e.what());
    }
    return url;
  }

  std::vector<jose::Key> signing_keys() {
    const Item of = item(file_, "oauth");
    const auto jwks = of.data["keys"].items();
    std::vector<jose::Key> keys;
    std::set<std::string> ids;
    for (std::size_t i = 0; i < jwks.size(); ++i) {
      const std::string path = fmt::format("{}/keys/{}", of.path, i);
      try {
        keys.push_back(jose::Key::from_jwk(jwks[i].json()->as_object()));
      } catch (const std::runtime_error& e) {  // it never quotes the key
        report(problems_, path, e.what());
        continue;
      }
      if (keys.back().algorithm() != "RS256") {
        report(problems_, path, "must be an RSA key");
      }
      if (i == 0 && !keys.back().is_private()) {
        report(problems_, path, "must be a private key: the first one signs");
      }
      if (!ids.insert(keys.back().kid()).second) {
        report(problems_, path + "/kid", "must differ from the other keys' kid");
      }
    }
    return keys;
  }

  void client_secrets(Secrets& secrets) {
    const Item of = item(file_, "oauth.client_secrets");
    const auto clients = of.data["items"].items();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto keys = clients[i]["keys"].items();
      const std::string path = fmt::format("{}/items/{}/keys", of.path, i);
      auto& texts = secrets.client_secrets[ClientId{clients[i]["client_id"].text()}];
      std::multimap<std::int64_t, std::string, std::greater<>> by_age;  // the newest first, equals in their order
      for (std::size_t k = 0; k < keys.size(); ++k) {
        by_age.emplace(keys[k]["created_at"].whole(), client_secret(fmt::format("{}/{}", path, k), keys[k]));
      }
      for (auto& [created_at, text] : by_age) {
        texts.push_back(std::move(text));
      }
    }
  }

  // `k` is the base64url of the secret's text.
  std::string client_secret(const std::string& path, const Place& jwk) {
    const auto text = jwk["kty"].text() == "oct" ? crypto::from_base64url(jwk["k"].text()) : std::nullopt;
    if (!text || text->empty()) {
      report(problems_, path, "must be a JWK with kty oct and the secret in k, in base64url");
      return {};
    }
    return *text;
  }

  std::optional<SmtpSecret> smtp() {
    const Place of = item(file_, "mail.smtp").data;
    if (!of.is_there()) {
      return std::nullopt;
    }
    SmtpSecret secret{.host = of["host"].text(), .port = static_cast<int>(of["port"].whole(587))};
    // Port 465 speaks TLS from the first byte, whatever the mode says.
    const bool tls = of["mode"].text() == "ssl" || secret.port == 465;
    secret.security = tls                         ? egress::SmtpSecurity::tls
                      : is_this_host(secret.host) ? egress::SmtpSecurity::starttls_if_offered
                                                  : egress::SmtpSecurity::starttls;
    secret.username = of["username"].text();
    secret.password = of["password"].text();
    secret.sender = of["sender"].text();
    return secret;
  }

  const Place& file_;
  std::vector<Problem>& problems_;
};

class SecretsCheck {
 public:
  SecretsCheck(const Place& config_file, const Config& config, const Place& file, std::vector<Problem>& problems)
      : config_file_(config_file), config_(config), file_(file), problems_(problems) {}

  void run() {
    for (const auto* key : {"db", "redis", "admin-api.auth", "oauth", "csrf"}) {
      need(key, "is always needed");
    }
    if (!config_file_["hook"]["blocking_handlers"].items().empty() ||
        !config_file_["hook"]["non_blocking_handlers"].items().empty()) {
      need("webhook", "is needed for the hooks");
    }
    confidential_clients();
    login_providers();
    ldap_servers();
    bot_protection();
    saml();
  }

 private:
  bool need(std::string_view key, std::string_view why) {
    if (item(file_, key).data.is_there()) {
      return true;
    }
    report(problems_, "/secrets", fmt::format("the secret {} {}", key, why));
    return false;
  }

  // Whether the secret's `items` has one whose `name` is `value`.
  Place entry(std::string_view key, std::string_view name, std::string_view value) {
    for (const auto& of : item(file_, key).data["items"].items()) {
      if (of[name].text() == value) {
        return of;
      }
    }
    report(problems_, item(file_, key).path, fmt::format("the secret {} needs an item with {} {}", key, name, value));
    return Place(nullptr);
  }

  void confidential_clients() {
    for (const auto& client : config_.oauth_clients) {
      if (client.is_confidential()) {
        entry("oauth.client_secrets", "client_id", client.client_id.str());
      }
    }
  }

  void login_providers() {
    for (const auto& provider : config_file_["identity"]["oauth"]["providers"].items()) {
      if (provider["credentials_behavior"].text() == "use_demo_credentials") {
        continue;
      }
      const std::string alias = provider["alias"].text();
      const Place of = entry("sso.oauth.client", "alias", alias);
      if (of.is_there() && of["client_secret"].text().empty()) {
        report(problems_, item(file_, "sso.oauth.client").path,
               fmt::format("the item {} needs a client_secret", alias));
      }
    }
  }

  void ldap_servers() {
    for (const auto& server : config_file_["identity"]["ldap"]["servers"].items()) {
      entry("ldap", "name", server["name"].text());
    }
  }

  void bot_protection() {
    const Place of = config_file_["bot_protection"];
    if (!of["enabled"].flag() || !need("bot_protection.provider", "is needed for bot_protection")) {
      return;
    }
    const Item secret = item(file_, "bot_protection.provider");
    if (secret.data["type"].text() != of["provider"]["type"].text()) {
      report(problems_, secret.path + "/type", "must be the type of bot_protection.provider");
    }
  }

  void saml() {
    const auto providers = config_file_["saml"]["service_providers"].items();
    if (!providers.empty() && need("saml.idp.signing", "is needed for SAML service providers")) {
      const Item signing = item(file_, "saml.idp.signing");
      const std::string id = config_file_["saml"]["signing"]["key_id"].text();
      if (std::ranges::none_of(signing.data["certificates"].items(),
                               [&](const Place& c) { return c["key"]["kid"].text() == id; })) {
        report(problems_, signing.path + "/certificates", "needs the key whose kid is saml.signing.key_id");
      }
    }
    for (const auto& provider : providers) {
      if (provider["signature_verification_enabled"].flag()) {
        saml_provider(provider["client_id"].text());
      }
    }
  }

  void saml_provider(const std::string& id) {
    const Item certificates = item(file_, "saml.service_providers.signing");
    if (std::ranges::none_of(certificates.data.items(),
                             [&](const Place& c) { return c["service_provider_id"].text() == id; })) {
      report(problems_, certificates.path,
             fmt::format("the secret saml.service_providers.signing needs an item with service_provider_id {}", id));
    }
  }

  const Place& config_file_;
  const Config& config_;
  const Place& file_;
  std::vector<Problem>& problems_;
};

}  // namespace

Secrets read_secrets(const Place& file, std::vector<Problem>& problems) { return Reader(file, problems).read(); }

void check_secrets(const Place& config_file, const Config& config, const Place& secrets_file,
                   std::vector<Problem>& problems) {
  SecretsCheck(config_file, config, secrets_file, problems).run();
}

}  // namespace gatehouse::project
