#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/egress/egress.h"
#include "platform/jose/jwt.h"
#include "project/config.h"

namespace gatehouse::project {

struct SmtpSecret {
  std::string host;
  int port = 587;
  egress::SmtpSecurity security = egress::SmtpSecurity::starttls;
  std::string username;
  std::string password;
  std::string sender;
};

// authgear.secrets.yaml as types. Never logged, never in an error.
struct Secrets {
  std::string database_url;  // "db"
  std::string database_schema = "public";
  std::string audit_database_url;  // "audit.db"; empty: no audit log
  std::string audit_database_schema = "public";
  std::string redis_url;
  std::vector<jose::Key> oauth_keys;                            // the first signs, all verify
  std::map<ClientId, std::vector<std::string>> client_secrets;  // plain text, newest first
  std::optional<SmtpSecret> smtp;
};

// Files of the project beside its configuration: templates/…, static/…, word lists. Path to content.
using Resources = std::map<std::string, std::string, std::less<>>;

// One tenant at one version of its configuration: immutable, shared by all cores.
class Project {
 public:
  Project(Config config, Secrets secrets, Resources resources, std::string version);

  const ProjectId& id() const { return config.id; }
  const std::string& origin() const { return config.http.public_origin; }
  bool secure() const;  // the origin is https
  const OAuthClient* client(const ClientId& id) const;
  const std::vector<std::string>* client_secrets(const ClientId& id) const;
  std::string cookie_name(std::string_view suffix) const;
  const jose::Key& signing_key() const { return secrets.oauth_keys.front(); }
  std::optional<std::string_view> resource(std::string_view path) const;

  const Config config;
  const Secrets secrets;
  const Resources resources;
  const std::string version;  // changes with each change of any file

 private:
  std::map<ClientId, std::size_t> clients_;
};

using Handle = std::shared_ptr<const Project>;

}  // namespace gatehouse::project
