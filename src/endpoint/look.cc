#include "endpoint/look.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <boost/json.hpp>

#include "platform/base/embedded.h"
#include "platform/telemetry/log.h"

namespace gatehouse::endpoint {

namespace {

namespace json = boost::json;

constexpr std::string_view kTexts = "resources/authui/translations/";
constexpr std::size_t kMostLooks = 256;

std::string texts_path(std::string_view language) { return "templates/" + std::string(language) + "/translation.json"; }

// Only an object of strings counts; a project's broken file must not take its pages away.
json::object project_texts(const project::Project& project, std::string_view language) {
  const auto file = project.resource(texts_path(language));
  if (!file) {
    return {};
  }
  boost::system::error_code broken;
  const json::value parsed = json::parse(*file, broken);
  if (broken || !parsed.is_object()) {
    log::warn("translations are not a JSON object",
              {{"project", project.id().str()}, {"language", std::string(language)}});
    return {};
  }
  json::object strings;
  for (const auto& [key, value] : parsed.get_object()) {
    if (value.is_string()) {
      strings[key] = value;
    }
  }
  return strings;
}

// The project's own texts, best language first: what only projects set is taken from any of them.
std::vector<json::object> texts_in_order(const project::Project& project, const std::string& language) {
  std::vector<std::string> order{language, project.config.localization.fallback_language, "en"};
  const auto& supported = project.config.localization.supported_languages;
  order.insert(order.end(), supported.begin(), supported.end());
  std::vector<json::object> texts;
  for (auto tag = order.begin(); tag != order.end(); ++tag) {
    if (std::find(order.begin(), tag, *tag) == tag) {
      texts.push_back(project_texts(project, *tag));
    }
  }
  return texts;
}

std::string first_text(const std::vector<json::object>& texts, std::string_view key) {
  for (const json::object& object : texts) {
    if (const json::value* found = object.if_contains(key); found != nullptr) {
      return std::string(found->get_string());
    }
  }
  return {};
}

// Links come from the project's files; a scheme that runs something is no link.
std::string first_link(const std::vector<json::object>& texts, std::string_view key) {
  std::string link = first_text(texts, key);
  const bool safe = link.starts_with("https://") || link.starts_with("http://") || link.starts_with("mailto:");
  return safe ? link : std::string();
}

std::string image(const project::Project& project, const std::string& language, std::string_view name) {
  const std::array<std::string, 3> folders{language, project.config.localization.fallback_language, "en"};
  for (const std::string& folder : folders) {
    for (const std::string_view extension : {".png", ".jpg", ".jpeg", ".jpe", ".gif"}) {
      std::string path = "static/" + folder + "/" + std::string(name) + std::string(extension);
      if (project.resource(path)) {
        return "/" + path;
      }
    }
  }
  return {};
}

}  // namespace

Looks::Looks() {
  const auto load = [this](std::string_view path, std::string_view content,
                           std::shared_ptr<const text::Translations> base) {
    std::string tag(path.substr(kTexts.size(), path.rfind('.') - kTexts.size()));
    built_in_[tag] = std::make_shared<const text::Translations>(tag, std::vector{content}, std::move(base));
  };
  const std::string english = std::string(kTexts) + "en.json";
  const auto content = embedded_file(english);
  if (!content) {
    throw std::runtime_error("the pages' texts are missing: " + english);
  }
  load(english, *content, nullptr);
  for (const EmbeddedFile& file : embedded_files(kTexts)) {
    if (file.path != english) {
      load(file.path, file.content, built_in_.at("en"));
    }
  }
}

std::vector<std::string> Looks::languages_of(const project::Project& project) const {
  const auto& localization = project.config.localization;
  std::vector<std::string> languages;
  for (const std::string& tag : localization.supported_languages) {
    if (built_in_.contains(tag) || project.resource(texts_path(tag))) {
      languages.push_back(tag);
    }
  }
  if (languages.empty()) {
    languages.push_back(built_in_.contains(localization.fallback_language) ? localization.fallback_language : "en");
  }
  return languages;
}

std::shared_ptr<const Look> Looks::find(const project::Project& project, const std::vector<std::string>& wanted) {
  const std::vector<std::string> languages = languages_of(project);
  const std::string& fallback = project.config.localization.fallback_language;
  const bool can_fall_back = std::ranges::find(languages, fallback) != languages.end();
  const std::string language = text::match_language(wanted, languages, can_fall_back ? fallback : languages.front());
  const std::string key = project.id().str() + "\n" + project.version + "\n" + language;
  if (const auto found = made_.find(key); found != made_.end()) {
    return found->second;
  }
  if (made_.size() >= kMostLooks) {
    made_.clear();
  }
  return made_[key] = make(project, language);
}

std::shared_ptr<const Look> Looks::make(const project::Project& project, const std::string& language) const {
  auto look = std::make_shared<Look>();
  const auto own = built_in_.find(language);
  look->texts = own != built_in_.end() ? own->second : built_in_.at("en");
  const std::vector<json::object> texts = texts_in_order(project, language);

  // Only keys that a page has; the file may hold others, in another template language.
  json::object over;
  for (const auto& [key, value] : texts.front()) {
    if (look->texts->has(std::string_view(key))) {
      over[key] = value;
    }
  }
  const std::string file = json::serialize(over);
  try {
    look->texts =
        std::make_shared<const text::Translations>(language, std::vector<std::string_view>{file}, look->texts);
  } catch (const std::runtime_error& error) {
    log::warn("a project's translation is broken", {{"project", project.id().str()}, {"why", error.what()}});
  }

  look->name = first_text(texts, "app.name");
  if (look->name.empty()) {
    look->name = project.id().str();
  }
  look->logo = image(project, language, "app_logo");
  look->logo_dark = image(project, language, "app_logo_dark");
  look->accent = project.config.own.ui.accent;
  look->terms_url = first_link(texts, "terms-of-service-link");
  look->privacy_url = first_link(texts, "privacy-policy-link");
  look->support_url = first_link(texts, "customer-support-link");
  look->languages = languages_of(project);
  return look;
}

}  // namespace gatehouse::endpoint
