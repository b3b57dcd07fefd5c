#include "flow/engine/input_schema.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

namespace gatehouse::flow {

namespace {

namespace json = boost::json;

std::string_view type_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "integer";
    case json::kind::double_:
      return "number";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
  }
  return "null";
}

std::string_view type_name(InputKey::Type type) { return type == InputKey::Type::string ? "string" : "boolean"; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

json::object cause(std::string location, std::string_view kind, json::object details) {
  return {{"location", std::move(location)}, {"kind", kind}, {"details", std::move(details)}};
}

json::object required_cause(const Input& input, const json::array& expected) {
  json::array actual;
  for (const auto& member : input) {
    actual.emplace_back(member.key());
  }
  std::ranges::sort(actual, {}, [](const json::value& key) -> std::string_view { return key.get_string(); });
  json::array missing;
  for (const auto& key : expected) {
    if (!input.contains(key.get_string())) {
      missing.push_back(key);
    }
  }
  return cause("", "required", {{"actual", actual}, {"expected", expected}, {"missing", missing}});
}

std::optional<json::object> key_cause(const InputKey& key, const json::value& value) {
  const auto location = "/" + key.name;
  if (type_name(value) != type_name(key.type)) {
    return cause(location, "type",
                 {{"actual", json::array{type_name(value)}}, {"expected", json::array{type_name(key.type)}}});
  }
  if (key.constant && value != *key.constant) {
    return cause(location, "const", {{"actual", value}, {"expected", *key.constant}});
  }
  if (value.is_string() && characters(value.get_string()) < key.min_length) {
    return cause(location, "minLength", {{"actual", characters(value.get_string())}, {"expected", key.min_length}});
  }
  return std::nullopt;
}

json::array causes_of(const InputShape& shape, const Input& input) {
  json::array causes;
  json::array required;
  bool missing = false;
  for (const auto& key : shape) {
    const auto* value = input.if_contains(key.name);
    if (key.required) {
      required.emplace_back(key.name);
      missing = missing || value == nullptr;
    }
    if (value == nullptr) {
      continue;
    }
    if (auto wrong = key_cause(key, *value)) {
      causes.push_back(std::move(*wrong));
    }
  }
  if (missing) {
    causes.insert(causes.begin(), required_cause(input, required));
  }
  return causes;
}

const InputKey* find(const InputShape& shape, std::string_view name) {
  const auto found = std::ranges::find(shape, name, &InputKey::name);
  return found == shape.end() ? nullptr : &*found;
}

// The key whose constant tells the shapes apart ("identification"), if there is one.
std::string discriminator(const InputSchema& schema) {
  for (const auto& key : schema.one_of.front()) {
    const auto tells = [&](const InputShape& shape) {
      const auto* same = find(shape, key.name);
      return same != nullptr && same->constant && same->required;
    };
    if (std::ranges::all_of(schema.one_of, tells)) {
      return key.name;
    }
  }
  return {};
}

json::array causes_by_discriminator(const InputSchema& schema, const std::string& name, const Input& input) {
  const auto* value = input.if_contains(name);
  if (value == nullptr) {
    return {required_cause(input, {name})};
  }
  json::array expected;
  for (const auto& shape : schema.one_of) {
    const auto& constant = *find(shape, name)->constant;
    if (constant == *value) {
      return causes_of(shape, input);
    }
    expected.push_back(constant);
  }
  return {cause("/" + name, "enum", {{"actual", *value}, {"expected", expected}})};
}

// The shape that the input seems to mean: one with a key of its own in it.
const InputShape& closest(const InputSchema& schema, const Input& input) {
  const auto meant = [&](const InputShape& shape) {
    return std::ranges::any_of(shape, [&](const InputKey& key) { return input.contains(key.name); });
  };
  const auto found = std::ranges::find_if(schema.one_of, meant);
  return found == schema.one_of.end() ? schema.one_of.front() : *found;
}

}  // namespace

InputKey text_key(std::string name) { return {.name = std::move(name)}; }

InputKey constant_key(std::string name, json::value constant) {
  const auto type = constant.is_bool() ? InputKey::Type::boolean : InputKey::Type::string;
  return {.name = std::move(name), .type = type, .constant = std::move(constant)};
}

std::variant<std::size_t, json::array> match(const InputSchema& schema, const Input& input) {
  for (std::size_t i = 0; i < schema.one_of.size(); ++i) {
    if (causes_of(schema.one_of[i], input).empty()) {
      return i;
    }
  }
  if (schema.one_of.empty()) {
    return json::array{cause("", "general", {{"msg", "nothing can be given here"}})};
  }
  const auto name = discriminator(schema);
  if (!name.empty()) {
    return causes_by_discriminator(schema, name, input);
  }
  return causes_of(closest(schema, input), input);
}

Error validation_failed(json::array causes) {
  return {ErrorKind::invalid, "ValidationFailed", "The input is not valid.",
          json::object{{"causes", std::move(causes)}}};
}

}  // namespace gatehouse::flow
