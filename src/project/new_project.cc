#include "project/new_project.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "platform/base/time.h"
#include "platform/base/uuid.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/random.h"
#include "project/cross_check.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

std::string_view name_of(ApplicationType type) {
  switch (type) {
    case ApplicationType::spa:
      return "spa";
    case ApplicationType::traditional_webapp:
      return "traditional_webapp";
    case ApplicationType::native:
      return "native";
    case ApplicationType::confidential:
      return "confidential";
    case ApplicationType::third_party_app:
      return "third_party_app";
    case ApplicationType::m2m:
      return "m2m";
    case ApplicationType::unspecified:
      break;
  }
  return "";
}

json::array texts(const std::vector<std::string>& all) {
  json::array array;
  for (const auto& text : all) {
    array.emplace_back(text);
  }
  return array;
}

json::object client_of(const NewClient& of) {
  json::object client{{"client_id", of.client_id}, {"name", of.name}};
  if (const auto type = name_of(of.type); !type.empty()) {
    client["x_application_type"] = type;
  }
  if (of.type == ApplicationType::confidential || of.type == ApplicationType::third_party_app) {
    client["client_name"] = of.name;
  }
  if (!of.redirect_uris.empty()) {
    client["redirect_uris"] = texts(of.redirect_uris);
  }
  if (!of.post_logout_redirect_uris.empty()) {
    client["post_logout_redirect_uris"] = texts(of.post_logout_redirect_uris);
  }
  client["refresh_token_rotation_enabled"] = true;
  return client;
}

// What the contract has off by default.
void add_guards(json::object& config) {
  config["authentication"] = {{"lockout",
                               {{"max_attempts", 10},
                                {"history_duration", "24h"},
                                {"minimum_duration", "1m"},
                                {"maximum_duration", "1h"},
                                {"backoff_factor", 2},
                                {"lockout_type", "per_user"},
                                {"password", {{"enabled", true}}},
                                {"oob_otp", {{"enabled", true}}}}}};
  config["verification"] = {{"rate_limits", {{"email", {{"max_failed_attempts_revoke_otp", 10}}}}}};
  config["authenticator"] = {{"password", {{"policy", {{"min_length", 8}, {"minimum_guessable_level", 3}}}}}};
}

json::object config_of(const NewProject& of) {
  json::object config{{"id", of.id}, {"http", {{"public_origin", of.public_origin}}}};
  if (of.guarded) {
    add_guards(config);
  }
  json::array clients;
  for (const auto& client : of.clients) {
    clients.push_back(client_of(client));
  }
  if (!clients.empty()) {
    config["oauth"] = {{"clients", std::move(clients)}};
  }
  return config;
}

// Stricter than the contract's defaults, where applications are not in the way.
json::object own_config() { return {{"authentication", {{"hide_unknown_accounts", true}}}}; }

json::object key_set(json::object jwk) {
  jwk["created_at"] = unix_seconds(wall_clock());
  return {{"keys", json::array{std::move(jwk)}}};
}

json::object rsa_key() { return key_set(jose::Key::generate_rsa(2048, uuid_v4()).private_jwk()); }

json::object octet_key(std::string_view bytes) {
  return key_set({{"kid", uuid_v4()}, {"kty", "oct"}, {"k", crypto::base64url(bytes)}});
}

void add(json::array& secrets, std::string_view key, json::object data) {
  secrets.push_back(json::object{{"key", key}, {"data", std::move(data)}});
}

json::object smtp_of(const SmtpSecret& of) {
  json::object data{{"host", of.host},
                    {"port", of.port},
                    {"mode", of.security == egress::SmtpSecurity::tls ? "ssl" : "normal"},
                    {"username", of.username},
                    {"password", of.password}};
  if (!of.sender.empty()) {
    data["sender"] = of.sender;
  }
  return data;
}

bool has_secret(ApplicationType type) {
  return type == ApplicationType::confidential || type == ApplicationType::third_party_app ||
         type == ApplicationType::m2m;
}

json::array client_secrets(const NewProject& of) {
  json::array items;
  for (const auto& client : of.clients) {
    if (has_secret(client.type)) {
      items.push_back(json::object{{"client_id", client.client_id}, {"keys", octet_key(client.secret).at("keys")}});
    }
  }
  return items;
}

json::object secrets_of(const NewProject& of) {
  json::array secrets;
  add(secrets, "db", {{"database_url", of.database_url}});
  if (!of.audit_database_url.empty()) {
    add(secrets, "audit.db", {{"database_url", of.audit_database_url}});
  }
  add(secrets, "redis", {{"redis_url", of.redis_url}});
  if (of.smtp) {
    add(secrets, "mail.smtp", smtp_of(*of.smtp));
  }
  add(secrets, "oauth", rsa_key());
  if (auto items = client_secrets(of); !items.empty()) {
    add(secrets, "oauth.client_secrets", {{"items", std::move(items)}});
  }
  add(secrets, "admin-api.auth", rsa_key());
  add(secrets, "csrf", octet_key(crypto::random_bytes(32)));
  add(secrets, "webhook", octet_key(crypto::random_text(32, crypto::kBase62)));
  return {{"secrets", std::move(secrets)}};
}

[[noreturn]] void cannot_write(const std::string& path) {
  throw std::runtime_error(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

// Into a new file beside it, then renamed: nobody sees half of it, and the mode is right from the first byte.
void write_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string draft = path + ".new";
  unlink(draft.c_str());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0) {
    cannot_write(path);
  }
  bool good = true;
  while (good && !content.empty()) {
    const auto written = write(file, content.data(), content.size());
    good = written > 0;
    content.remove_prefix(good ? static_cast<std::size_t>(written) : 0);
  }
  good = good && fsync(file) == 0;
  good = close(file) == 0 && good && rename(draft.c_str(), path.c_str()) == 0;
  if (!good) {
    const int why = errno;
    unlink(draft.c_str());
    errno = why;
    cannot_write(path);
  }
}

}  // namespace

Files create_project(const NewProject& project) {
  NewProject complete = project;
  for (auto& client : complete.clients) {
    if (client.client_id.empty()) {
      client.client_id = crypto::hex(crypto::random_bytes(8));
    }
    if (client.secret.empty()) {
      client.secret = crypto::random_text(32, crypto::kBase62);
    }
  }
  Files files{{kConfigFile, to_yaml(config_of(complete))},
              {kSecretsFile, to_yaml(secrets_of(complete))},
              {kOwnFile, to_yaml(own_config())}};
  load(files);
  return files;
}

void write_folder(const std::string& folder, const Files& files, bool overwrite) {
  for (const auto& [name, content] : files) {
    const fs::path path = fs::path(folder) / name;
    if (std::error_code error; !overwrite && fs::exists(fs::symlink_status(path, error))) {
      throw std::runtime_error(fmt::format("{} is there already; --overwrite replaces it", path.string()));
    }
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(fmt::format("cannot make the folder {}: {}", folder, error.message()));
  }
  for (const auto& [name, content] : files) {
    write_file((fs::path(folder) / name).string(), content, name == kSecretsFile ? 0600 : 0644);
  }
}

}  // namespace gatehouse::project
