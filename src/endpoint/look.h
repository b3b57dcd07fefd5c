#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/template/translation.h"
#include "project/project.h"

namespace gatehouse::endpoint {

// How a project looks to people of one language: its texts, name, logo, colour and links.
//
// From the project's files: `templates/<language>/translation.json` (texts laid over ours, and the keys "app.name",
// "terms-of-service-link", "privacy-policy-link", "customer-support-link"), `static/<language>/app_logo.*` and
// `app_logo_dark.*`, and `ui.accent` of `gatehouse.yaml`, "#rrggbb" or "#rgb".
struct Look {
  std::shared_ptr<const text::Translations> texts;
  std::string name;
  std::string logo;       // path under /static/, empty: our mark and the name
  std::string logo_dark;  // empty: the same in both themes
  std::string accent;     // "#rrggbb"; empty: the default
  std::string terms_url;
  std::string privacy_url;
  std::string support_url;
  std::vector<std::string> languages;  // what can be chosen, in the project's order
};

// Looks of projects, made on first use and kept, bounded. For one core.
class Looks {
 public:
  // Throws std::runtime_error where a text that came with the program is broken.
  Looks();

  // `wanted` as in text::match_language; may be anything.
  std::shared_ptr<const Look> find(const project::Project& project, const std::vector<std::string>& wanted);

 private:
  std::shared_ptr<const Look> make(const project::Project& project, const std::string& language) const;
  std::vector<std::string> languages_of(const project::Project& project) const;

  std::map<std::string, std::shared_ptr<const text::Translations>, std::less<>> built_in_;  // by language
  std::map<std::string, std::shared_ptr<const Look>, std::less<>> made_;
};

}  // namespace gatehouse::endpoint
