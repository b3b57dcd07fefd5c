#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gatehouse::text {

enum class Escape { html, none };

// Gives the text of {{>name}}; nothing where there is no such part.
using Parts = std::function<std::optional<std::string_view>(std::string_view name)>;

// A mustache template, parsed once. {{name}} escapes, {{{name}}} does not, {{#list}} … {{/list}}, {{>part}}; dots in a
// name reach into objects. Sections treat "", 0, null, false and [] as "not there".
class Template {
 public:
  // Throws std::runtime_error with what is wrong and where; a part that is not there, or that includes itself, is
  // wrong.
  Template(std::string_view text, Escape escape, const Parts& parts = {});
  ~Template();
  Template(Template&&) noexcept;

  std::string render(const boost::json::object& values) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::text
