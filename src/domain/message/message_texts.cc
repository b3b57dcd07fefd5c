#include "domain/message/message_texts.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "platform/base/embedded.h"
#include "platform/telemetry/log.h"

namespace gatehouse::message {

namespace {

constexpr std::string_view kBuiltInLanguage = "en";

std::optional<std::string_view> built_in(std::string_view language, std::string_view file) {
  return embedded_file(fmt::format("resources/templates/{}/{}", language, file));
}

std::optional<std::string_view> of_project(const project::Project& project, std::string_view language,
                                           std::string_view file) {
  return project.resource(fmt::format("templates/{}/{}", language, file));
}

std::vector<std::string> languages_of(const project::Project& project, const std::string& language) {
  std::vector<std::string> languages{language};
  for (const auto& other : {project.config.localization.fallback_language, std::string(kBuiltInLanguage)}) {
    if (std::ranges::find(languages, other) == languages.end()) {
      languages.push_back(other);
    }
  }
  return languages;
}

std::shared_ptr<const text::Translations> translations(const std::string& language,
                                                       const std::vector<std::string_view>& files,
                                                       std::shared_ptr<const text::Translations> fallback) {
  return std::make_shared<const text::Translations>(language, files, std::move(fallback));
}

// A file of the project that does not parse is passed over: a message in the built-in words is better than none.
std::shared_ptr<const text::Translations> layered(const project::Project& project, const std::string& language,
                                                  std::shared_ptr<const text::Translations> fallback) {
  std::vector<std::string_view> files;
  if (const auto text = built_in(language, "translation.json")) {
    files.push_back(*text);
  }
  const auto own = of_project(project, language, "translation.json");
  if (!own) {
    return translations(language, files, std::move(fallback));
  }
  std::vector<std::string_view> with_own = files;
  with_own.push_back(*own);
  try {
    return translations(language, with_own, fallback);
  } catch (const std::runtime_error& error) {
    log::warn("a project's translation.json cannot be used",
              {{"project", project.id().str()}, {"language", language}, {"cause", error.what()}});
  }
  return translations(language, files, std::move(fallback));
}

bool says_who(std::string_view key) {
  return key == "app.name" || key.ends_with(".sender") || key.ends_with(".reply-to") || key.ends_with("-link");
}

// The project's own value of such a key, in whatever language it stands.
std::optional<std::string> own_value(const project::Project& project, const std::vector<std::string>& languages,
                                     std::string_view key) {
  std::vector<std::string> all = languages;
  std::ranges::copy(project.config.localization.supported_languages, std::back_inserter(all));
  for (const auto& language : all) {
    const auto own = of_project(project, language, "translation.json");
    if (!own) {
      continue;
    }
    boost::system::error_code not_json;
    const auto json = boost::json::parse(*own, not_json);
    if (not_json || !json.is_object()) {
      continue;
    }
    const auto* const value = json.as_object().if_contains(key);
    if (value != nullptr && value->is_string() && !value->as_string().empty()) {
      return std::string(value->as_string());
    }
  }
  return std::nullopt;
}

}  // namespace

MessageTexts::MessageTexts(const project::Project& project, std::string language)
    : project_(project), language_(std::move(language)) {
  auto languages = languages_of(project, language_);
  std::ranges::reverse(languages);
  for (const auto& each : languages) {
    texts_ = layered(project, each, texts_);
  }
}

std::string MessageTexts::operator()(std::string_view key, const text::Arguments& arguments) const {
  if (says_who(key)) {
    if (auto own = own_value(project_, languages_of(project_, language_), key)) {
      return *own;
    }
  }
  return (*texts_)(key, arguments);
}

bool MessageTexts::has(std::string_view key) const {
  return texts_->has(key) || (says_who(key) && own_value(project_, languages_of(project_, language_), key));
}

text::Template MessageTexts::message(std::string_view name, text::Escape escape) const {
  const std::string file = fmt::format("messages/{}", name);
  for (const auto& language : languages_of(project_, language_)) {
    if (const auto own = of_project(project_, language, file)) {
      if (const auto mustache = as_mustache(*own)) {
        return text::Template(*mustache, escape);
      }
      log::warn("a project's message template does more than naming values; the built-in one is used",
                {{"project", project_.id().str()}, {"template", file}, {"language", language}});
    }
    if (const auto text = built_in(language, file)) {
      return text::Template(*text, escape);
    }
  }
  throw std::runtime_error("no message template " + file);
}

std::optional<std::string> as_mustache(std::string_view text) {
  std::string out;
  for (;;) {
    const auto open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) {
      return out;
    }
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    std::string_view inner = text.substr(open + 2, close - open - 2);
    const auto strip = [&](char c) {
      while (!inner.empty() && inner.front() == c) {
        inner.remove_prefix(1);
      }
      while (!inner.empty() && inner.back() == c) {
        inner.remove_suffix(1);
      }
    };
    strip(' ');
    if (inner.starts_with('.')) {
      inner.remove_prefix(1);
    }
    const bool is_name =
        !inner.empty() && std::ranges::all_of(inner, [](unsigned char c) { return std::isalpha(c) != 0; });
    if (!is_name || inner == "end" || inner == "else") {
      return std::nullopt;
    }
    out += fmt::format("{{{{{}}}}}", inner);
    text.remove_prefix(close + 2);
  }
}

}  // namespace gatehouse::message
