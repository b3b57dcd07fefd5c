#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/template/template.h"
#include "platform/template/translation.h"
#include "project/project.h"

namespace gatehouse::message {

// The texts of messages in one language: the project's files over the built-in ones.
class MessageTexts {
 public:
  MessageTexts(const project::Project& project, std::string language);

  // translation.json; keys that say who the project is are taken from any language of the project before the built-in.
  std::string operator()(std::string_view key, const text::Arguments& arguments = {}) const;
  bool has(std::string_view key) const;
  // messages/<name>, in this language, the project's fallback language or English. A project's template with something
  // that we do not understand is passed over, with a line in the log.
  text::Template message(std::string_view name, text::Escape escape) const;

 private:
  const project::Project& project_;
  std::string language_;
  std::shared_ptr<const text::Translations> texts_;
};

// Templates of the contract are written {{ .Code }}; the same as mustache, or nothing where they do more than name
// values.
std::optional<std::string> as_mustache(std::string_view contract_template);

}  // namespace gatehouse::message
