#include <algorithm>
#include <string>

#include <boost/json.hpp>

#include "project/new_project.h"
#include "project/yaml.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

// Text that stands unquoted: no sign that YAML knows, and nothing that it takes for a number, a boolean or null.
bool is_plain(std::string_view text) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && is_letter_or_digit(text.front()) && text.back() != ':' &&
         std::ranges::all_of(
             text, [&](char c) { return is_letter_or_digit(c) || std::string_view("_-./:@+").contains(c); }) &&
         plain_scalar(text) == json::value(text);
}

std::string scalar(const json::value& value) {
  if (value.is_string() && is_plain(value.get_string())) {
    return std::string(value.get_string());
  }
  return json::serialize(value);  // JSON's quotes are YAML's double quotes
}

bool is_block(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

void write(std::string& out, const json::value& value, std::size_t indent);

// After "key:" or "-": the rest of the line, or a block below.
void write_nested(std::string& out, const json::value& value, std::size_t indent) {
  if (is_block(value)) {
    out += '\n';
    write(out, value, indent);
  } else {
    out += ' ' + scalar(value) + '\n';
  }
}

void write_object(std::string& out, const json::object& object, std::size_t indent) {
  for (const auto& [key, value] : object) {
    out += std::string(indent, ' ') + scalar(json::value(key)) + ':';
    write_nested(out, value, value.is_array() ? indent : indent + 2);
  }
}

void write_array(std::string& out, const json::array& array, std::size_t indent) {
  for (const auto& value : array) {
    if (!is_block(value)) {
      out += std::string(indent, ' ') + "- " + scalar(value) + '\n';
      continue;
    }
    // The block's first line starts behind the dash.
    std::string block;
    write(block, value, indent + 2);
    block.replace(indent, 2, "- ");
    out += block;
  }
}

void write(std::string& out, const json::value& value, std::size_t indent) {
  if (const auto* object = value.if_object()) {
    write_object(out, *object, indent);
  } else {
    write_array(out, value.get_array(), indent);
  }
}

}  // namespace

std::string to_yaml(const json::value& value) {
  if (!is_block(value)) {
    return scalar(value) + '\n';
  }
  std::string out;
  write(out, value, 0);
  return out;
}

}  // namespace gatehouse::project
