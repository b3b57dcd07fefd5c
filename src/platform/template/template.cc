#include "platform/template/template.h"

#include <stdexcept>

#include <kainjow/mustache.hpp>

namespace gatehouse::text {

namespace {

namespace mustache = kainjow::mustache;
namespace json = boost::json;

constexpr int kDeepestPart = 8;

// Parts are put in place before parsing: a page is then parsed once, not at each rendering.
std::string with_parts(std::string_view text, const Parts& parts, int depth) {
  std::string whole;
  while (true) {
    const std::size_t start = text.find("{{>");
    if (start == std::string_view::npos) {
      return whole.append(text);
    }
    const std::size_t end = text.find("}}", start);
    if (end == std::string_view::npos) {
      throw std::runtime_error("template: {{> without its }}");
    }
    const std::string_view name = text.substr(start + 3, end - start - 3);
    const auto part = parts ? parts(name) : std::nullopt;
    if (!part) {
      throw std::runtime_error("template: no part named '" + std::string(name) + "'");
    }
    if (depth == kDeepestPart) {
      throw std::runtime_error("template: parts nest too deep at '" + std::string(name) + "'");
    }
    whole.append(text.substr(0, start)).append(with_parts(*part, parts, depth + 1));
    text.remove_prefix(end + 2);
  }
}

mustache::data to_data(const json::value& value);

mustache::data to_data(const json::object& object) {
  mustache::data data{mustache::data::type::object};
  for (const auto& [key, value] : object) {
    data.set(std::string(key), to_data(value));
  }
  return data;
}

mustache::data to_data(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return value.get_string().empty() ? mustache::data{false} : mustache::data{std::string(value.get_string())};
    case json::kind::int64:
      return value.get_int64() == 0 ? mustache::data{false} : mustache::data{std::to_string(value.get_int64())};
    case json::kind::uint64:
      return value.get_uint64() == 0 ? mustache::data{false} : mustache::data{std::to_string(value.get_uint64())};
    case json::kind::double_:
      return mustache::data{json::serialize(value)};
    case json::kind::bool_:
      return mustache::data{value.get_bool()};
    case json::kind::object:
      return to_data(value.get_object());
    case json::kind::array: {
      mustache::data list{mustache::data::type::list};
      for (const json::value& item : value.get_array()) {
        list.push_back(to_data(item));
      }
      return list;
    }
    case json::kind::null:
      break;
  }
  return mustache::data{false};
}

}  // namespace

struct Template::Impl {
  mustache::mustache parsed;
};

Template::Template(std::string_view text, Escape escape, const Parts& parts)
    : impl_(std::make_unique<Impl>(with_parts(text, parts, 0))) {
  if (!impl_->parsed.is_valid()) {
    throw std::runtime_error("template: " + impl_->parsed.error_message());
  }
  if (escape == Escape::none) {
    impl_->parsed.set_custom_escape([](const std::string& plain) { return plain; });
  }
}

Template::~Template() = default;
Template::Template(Template&&) noexcept = default;

std::string Template::render(const json::object& values) const {
  std::string out;
  impl_->parsed.render(to_data(values), [&out](const std::string& piece) { out += piece; });
  return out;
}

}  // namespace gatehouse::text
