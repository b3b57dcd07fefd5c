#include "project/load.h"

#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/base/embedded.h"
#include "platform/crypto/hash.h"
#include "project/config_reader.h"
#include "project/cross_check.h"
#include "project/effect.h"
#include "project/own_config_reader.h"
#include "project/schema.h"
#include "project/secrets_reader.h"
#include "project/value_warnings.h"
#include "project/word_file.h"
#include "project/yaml.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

std::string_view schema_text(std::string_view name) {
  const auto text = embedded_file(fmt::format("resources/schemas/{}.schema.json", name));
  if (!text) {
    throw std::logic_error(fmt::format("the schema {} is not in the binary", name));
  }
  return *text;
}

const Schema& config_schema() {
  static const Schema schema(schema_text("config"));
  return schema;
}

const Schema& features_schema() {
  static const Schema schema(schema_text("features"));
  return schema;
}

const Schema& own_schema() {
  static const Schema schema(schema_text("own"));
  return schema;
}

const Schema& secrets_schema() {
  static const Schema schema(schema_text("secrets"), false);
  return schema;
}

// The file as JSON that its schema accepts; nothing, with problems, otherwise.
std::optional<json::value> read_file(const Files& files, const char* name, const Schema& schema,
                                     std::vector<Problem>& problems) {
  const auto found = files.find(name);
  if (found == files.end()) {
    problems.push_back({name, "", "is missing"});
    return std::nullopt;
  }
  try {
    json::value value = parse_yaml(found->second);
    const auto wrong = schema.validate(value);
    for (const auto& problem : wrong) {
      problems.push_back({name, problem.path, problem.what});
    }
    return wrong.empty() ? std::optional{std::move(value)} : std::nullopt;
  } catch (const YamlError& e) {
    problems.push_back({name, "", e.what()});
    return std::nullopt;
  }
}

// The file need not be there; an empty one is as good as none.
std::optional<json::value> read_optional_file(const Files& files, const char* name, const Schema& schema,
                                              std::vector<Problem>& problems) {
  const auto found = files.find(name);
  if (found == files.end() || found->second.find_first_not_of(" \t\r\n") == std::string::npos) {
    return json::value(json::object{});
  }
  return read_file(files, name, schema, problems);
}

std::string version_of(const Files& files) {
  std::string digests;
  for (const auto& [path, content] : files) {
    digests += crypto::sha256(path) + crypto::sha256(content);
  }
  return crypto::sha256_hex(digests);
}

Resources resources_of(const Files& files) {
  Resources resources;
  for (const auto& [path, content] : files) {
    if (path != kConfigFile && path != kSecretsFile && path != kFeaturesFile && path != kOwnFile) {
      resources.emplace(path, content);
    }
  }
  return resources;
}

void warn(std::vector<std::string>& warnings, const char* file, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    warnings.push_back(fmt::format("{}: {} does nothing yet", file, path));
  }
}

std::string list_of(const std::vector<Problem>& problems) {
  std::string list = "invalid configuration:";
  for (const auto& problem : problems) {
    list += fmt::format("\n  {}: {}{}{}", problem.file, problem.path, problem.path.empty() ? "" : ": ", problem.what);
  }
  return list;
}

}  // namespace

InvalidProject::InvalidProject(std::vector<Problem> problems)
    : std::runtime_error(list_of(problems)), problems_(std::move(problems)) {}

Loaded load(const Files& files) {
  std::vector<Problem> problems;
  const auto config_json = read_file(files, kConfigFile, config_schema(), problems);
  const auto features_json = read_optional_file(files, kFeaturesFile, features_schema(), problems);
  const auto own_json = read_optional_file(files, kOwnFile, own_schema(), problems);
  const auto secrets_json = read_file(files, kSecretsFile, secrets_schema(), problems);
  const Place file(config_json ? &*config_json : nullptr);
  const Place features(features_json ? &*features_json : nullptr);
  const Place secrets_file(secrets_json ? &*secrets_json : nullptr);

  Config config;
  if (config_json) {
    config = read_config(file, features);
    config.own = read_own_config(Place(own_json ? &*own_json : nullptr), config.rate_limits_disabled);
    check_across_fields(file, config, problems);
  }
  Secrets secrets;
  if (secrets_json) {
    secrets = read_secrets(secrets_file, problems);
  }
  if (config_json && secrets_json) {
    check_secrets(file, config, secrets_file, problems);
  }
  for (auto& problem : check_reserved_names(files)) {
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) {
    throw InvalidProject(std::move(problems));
  }

  Loaded loaded;
  for (const auto& warning : own_config_warnings(config)) {
    loaded.warnings.push_back(fmt::format("{}: {}", kOwnFile, warning));
  }
  for (const auto& warning : value_warnings(file)) {
    loaded.warnings.push_back(fmt::format("{}: {}", kConfigFile, warning));
  }
  warn(loaded.warnings, kConfigFile, keys_without_effect_in_config(file));
  warn(loaded.warnings, kFeaturesFile, keys_without_effect_in_features(features));
  warn(loaded.warnings, kSecretsFile, keys_without_effect_in_secrets(secrets_file));
  loaded.project =
      std::make_shared<const Project>(std::move(config), std::move(secrets), resources_of(files), version_of(files));
  return loaded;
}

}  // namespace gatehouse::project
