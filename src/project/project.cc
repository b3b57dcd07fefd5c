#include "project/project.h"

#include <utility>

namespace gatehouse::project {

Project::Project(Config config_in, Secrets secrets_in, Resources resources_in, std::string version_in)
    : config(std::move(config_in)),
      secrets(std::move(secrets_in)),
      resources(std::move(resources_in)),
      version(std::move(version_in)) {
  for (std::size_t i = 0; i < config.oauth_clients.size(); ++i) {
    clients_.emplace(config.oauth_clients[i].client_id, i);  // the first of two with one id
  }
}

bool Project::secure() const { return config.http.public_origin.starts_with("https://"); }

const OAuthClient* Project::client(const ClientId& id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : &config.oauth_clients[found->second];
}

const std::vector<std::string>* Project::client_secrets(const ClientId& id) const {
  const auto found = secrets.client_secrets.find(id);
  return found == secrets.client_secrets.end() ? nullptr : &found->second;
}

std::string Project::cookie_name(std::string_view suffix) const {
  std::string name = config.http.cookie_prefix;
  name += suffix;
  return name;
}

std::optional<std::string_view> Project::resource(std::string_view path) const {
  const auto found = resources.find(path);
  return found == resources.end() ? std::nullopt : std::optional<std::string_view>{found->second};
}

}  // namespace gatehouse::project
