#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gatehouse::text {

enum class Escape { html, none };

// A mustache template, parsed once. {{name}} escapes, {{{name}}} does not, {{#list}} … {{/list}}, {{>part}}.
class Template {
 public:
  // Throws std::runtime_error with what is wrong and where. `part(name)` gives the text of {{>name}}.
  Template(std::string_view text, Escape escape);
  ~Template();
  Template(Template&&) noexcept;

  std::string render(const boost::json::object& values) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::text
