#include "project/schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include "project/format.h"

namespace gatehouse::project {
namespace {

namespace json = boost::json;

// "type" as a set of bits.
namespace type {
enum Bit : unsigned { null = 1, boolean = 2, object = 4, array = 8, string = 16, number = 32, integer = 64 };
}

constexpr std::array<std::pair<std::string_view, unsigned>, 7> kTypes{{{"null", type::null},
                                                                       {"boolean", type::boolean},
                                                                       {"object", type::object},
                                                                       {"array", type::array},
                                                                       {"string", type::string},
                                                                       {"number", type::number},
                                                                       {"integer", type::integer}}};

bool is_whole(double number) { return std::isfinite(number) && std::floor(number) == number; }

unsigned types_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return type::null;
    case json::kind::bool_:
      return type::boolean;
    case json::kind::object:
      return type::object;
    case json::kind::array:
      return type::array;
    case json::kind::string:
      return type::string;
    case json::kind::double_:
      return is_whole(value.get_double()) ? type::number | type::integer : type::number;
    default:
      return type::number | type::integer;
  }
}

double number_of(const json::value& value) {
  if (const auto* whole = value.if_int64()) {
    return static_cast<double>(*whole);
  }
  if (const auto* whole = value.if_uint64()) {
    return static_cast<double>(*whole);
  }
  return value.get_double();
}

// Numbers are equal by value, whatever holds them.
bool same(const json::value& a, const json::value& b) {
  return a.is_number() && b.is_number() ? number_of(a) == number_of(b) : a == b;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// One schema object, compiled.
struct Node {
  const Node* ref = nullptr;
  unsigned types = 0;
  std::vector<std::pair<std::string, const Node*>> properties;  // sorted by name
  bool closed = false;                                          // additionalProperties: false
  std::vector<std::string> required;
  std::vector<json::value> allowed;  // enum, const
  const Node* items = nullptr;
  const Node* contains = nullptr;
  bool unique = false;
  std::optional<std::size_t> min_items, max_items, min_length, max_length;
  std::optional<double> minimum, maximum;
  const Format* format = nullptr;
  std::unique_ptr<RE2> pattern;
  std::vector<const Node*> all_of, one_of;
  const Node* not_ = nullptr;
  const Node* if_ = nullptr;
  const Node* then = nullptr;
  const Node* else_ = nullptr;

  const Node* property(std::string_view name) const {
    const auto found =
        std::ranges::lower_bound(properties, name, {}, [](const auto& p) -> std::string_view { return p.first; });
    return found != properties.end() && found->first == name ? found->second : nullptr;
  }
};

std::string_view text_of(const json::value& value) {
  const auto& text = value.as_string();
  return {text.data(), text.size()};
}

// Turns schema objects into nodes; each $defs entry once.
class Compiler {
 public:
  Compiler(const json::object& definitions, std::vector<std::unique_ptr<Node>>& nodes)
      : definitions_(definitions), nodes_(nodes) {}

  const Node* compile(const json::value& schema) {
    nodes_.push_back(std::make_unique<Node>());
    Node& node = *nodes_.back();
    fill(node, schema);
    return &node;
  }

 private:
  void fill(Node& node, const json::value& schema) {
    if (schema.is_bool() && schema.get_bool()) {
      return;  // accepts everything
    }
    for (const auto& [keyword, value] : schema.as_object()) {
      keyword_of_any(node, keyword, value) || keyword_of_objects(node, keyword, value) ||
          keyword_of_arrays(node, keyword, value) || keyword_of_scalars(node, keyword, value) ||
          combining_keyword(node, keyword, value) || unknown(keyword);
    }
  }

  static bool unknown(std::string_view keyword) {
    throw std::logic_error(fmt::format("the schema has a keyword that is not known: {}", keyword));
  }

  bool keyword_of_any(Node& node, std::string_view keyword, const json::value& value) {
    if (keyword == "$ref") {
      node.ref = definition(text_of(value));
    } else if (keyword == "type") {
      node.types = std::ranges::find(kTypes, text_of(value), [](const auto& t) { return t.first; })->second;
    } else if (keyword == "enum") {
      node.allowed.assign(value.as_array().begin(), value.as_array().end());
    } else if (keyword == "const") {
      node.allowed = {value};
    } else {
      return keyword == "$schema" || keyword == "$defs" || keyword == "title" || keyword == "description";
    }
    return true;
  }

  bool keyword_of_objects(Node& node, std::string_view keyword, const json::value& value) {
    if (keyword == "properties") {
      for (const auto& [name, schema] : value.as_object()) {
        node.properties.emplace_back(std::string(name), compile(schema));
      }
      std::ranges::sort(node.properties, {}, [](const auto& p) -> const std::string& { return p.first; });
    } else if (keyword == "required") {
      node.required = json::value_to<std::vector<std::string>>(value);
    } else if (keyword == "additionalProperties") {
      node.closed = !value.as_bool();
    } else {
      return false;
    }
    return true;
  }

  bool keyword_of_arrays(Node& node, std::string_view keyword, const json::value& value) {
    if (keyword == "items") {
      node.items = compile(value);
    } else if (keyword == "contains") {
      node.contains = compile(value);
    } else if (keyword == "uniqueItems") {
      node.unique = value.as_bool();
    } else if (keyword == "minItems") {
      node.min_items = value.to_number<std::size_t>();
    } else if (keyword == "maxItems") {
      node.max_items = value.to_number<std::size_t>();
    } else {
      return false;
    }
    return true;
  }

  static bool keyword_of_scalars(Node& node, std::string_view keyword, const json::value& value) {
    if (keyword == "minLength") {
      node.min_length = value.to_number<std::size_t>();
    } else if (keyword == "maxLength") {
      node.max_length = value.to_number<std::size_t>();
    } else if (keyword == "minimum") {
      node.minimum = number_of(value);
    } else if (keyword == "maximum") {
      node.maximum = number_of(value);
    } else if (keyword == "pattern") {
      node.pattern = std::make_unique<RE2>(std::string(text_of(value)));
    } else if (keyword == "format") {
      node.format = find_format(text_of(value));
      if (node.format == nullptr) {
        throw std::logic_error(fmt::format("the schema has a format that is not known: {}", text_of(value)));
      }
    } else {
      return false;
    }
    return true;
  }

  bool combining_keyword(Node& node, std::string_view keyword, const json::value& value) {
    if (keyword == "allOf" || keyword == "oneOf") {
      for (const auto& schema : value.as_array()) {
        (keyword == "allOf" ? node.all_of : node.one_of).push_back(compile(schema));
      }
    } else if (keyword == "not") {
      node.not_ = compile(value);
    } else if (keyword == "if") {
      node.if_ = compile(value);
    } else if (keyword == "then") {
      node.then = compile(value);
    } else if (keyword == "else") {
      node.else_ = compile(value);
    } else {
      return false;
    }
    return true;
  }

  const Node* definition(std::string_view reference) {
    static constexpr std::string_view kPrefix = "#/$defs/";
    if (!reference.starts_with(kPrefix)) {
      throw std::logic_error("the schema has a reference to somewhere else");
    }
    const std::string name(reference.substr(kPrefix.size()));
    if (const auto found = named_.find(name); found != named_.end()) {
      return found->second;
    }
    nodes_.push_back(std::make_unique<Node>());
    Node& node = *nodes_.back();
    named_[name] = &node;  // before it is filled: definitions may refer to each other
    fill(node, definitions_.at(name));
    return &node;
  }

  const json::object& definitions_;
  std::vector<std::unique_ptr<Node>>& nodes_;
  std::map<std::string, const Node*, std::less<>> named_;
};

// Walks a value. Without `problems` it only answers, and stops at the first.
class Walk {
 public:
  Walk(std::vector<SchemaProblem>* problems, bool names_keys) : problems_(problems), names_keys_(names_keys) {}

  bool check(const Node& node, const json::value& value) {
    const unsigned types = types_of(value);
    bool good = node.ref == nullptr || check(*node.ref, value);
    if (node.types != 0 && (node.types & types) == 0) {
      return report(wrong_type(node.types));
    }
    good = (good || problems_ != nullptr) && check_allowed(node, value) && good;
    if (good || problems_ != nullptr) {
      good = check_kind(node, value) && good;
    }
    if (good || problems_ != nullptr) {
      good = check_combined(node, value) && good;
    }
    return good;
  }

 private:
  bool report(std::string what) {
    if (problems_ != nullptr) {
      problems_->push_back({path_, std::move(what)});
    }
    return false;
  }

  static std::string wrong_type(unsigned types) {
    const auto name = std::ranges::find(kTypes, types, [](const auto& t) { return t.second; })->first;
    const bool vowel = name == "object" || name == "array" || name == "integer";
    return fmt::format("must be {} {}", vowel ? "an" : "a", name);
  }

  bool check_allowed(const Node& node, const json::value& value) {
    if (node.allowed.empty() || std::ranges::any_of(node.allowed, [&](const auto& a) { return same(a, value); })) {
      return true;
    }
    std::vector<std::string> names;
    for (const auto& allowed : node.allowed) {
      names.push_back(allowed.is_string() ? std::string(text_of(allowed)) : json::serialize(allowed));
      if (names.size() == 40) {
        names.emplace_back("…");
        break;
      }
    }
    return report(fmt::format("must be {}{}", names.size() == 1 ? "" : "one of ", fmt::join(names, ", ")));
  }

  bool check_kind(const Node& node, const json::value& value) {
    if (const auto* object = value.if_object()) {
      return check_object(node, *object);
    }
    if (const auto* array = value.if_array()) {
      return check_array(node, *array);
    }
    if (value.is_string()) {
      return check_string(node, text_of(value));
    }
    return !value.is_number() || check_number(node, number_of(value));
  }

  bool check_object(const Node& node, const json::object& object) {
    bool good = true;
    for (const auto& name : node.required) {
      if (!object.contains(name)) {
        good = report(fmt::format("needs the key {}", name));
      }
    }
    if (node.properties.empty() && !node.closed) {
      return good;
    }
    for (const auto& [name, value] : object) {
      if (!good && problems_ == nullptr) {
        return false;
      }
      if (const Node* property = node.property({name.data(), name.size()})) {
        good = at(pointer_step(name), *property, value) && good;
      } else if (node.closed) {
        good = unknown_key(node, name);
      }
    }
    return good;
  }

  bool unknown_key(const Node& node, std::string_view name) {
    if (problems_ == nullptr) {
      return false;
    }
    if (names_keys_) {
      problems_->push_back({path_ + pointer_step(name), "is not a known key"});
      return false;
    }
    std::vector<std::string_view> known;
    known.reserve(node.properties.size());
    for (const auto& [key, unused] : node.properties) {
      known.emplace_back(key);
    }
    return report(fmt::format("has a key that is not one of {}", fmt::join(known, ", ")));
  }

  bool check_array(const Node& node, const json::array& array) {
    bool good = true;
    if (node.min_items && array.size() < *node.min_items) {
      good = report(fmt::format("needs at least {} items", *node.min_items));
    }
    if (node.max_items && array.size() > *node.max_items) {
      good = report(fmt::format("must have at most {} items", *node.max_items));
    }
    if (node.unique && !all_different(array)) {
      good = report("must not have an item twice");
    }
    if (node.contains != nullptr &&
        std::ranges::none_of(array, [&](const auto& v) { return fits(*node.contains, v); })) {
      good = report(node.contains->allowed.size() == 1
                        ? fmt::format("must contain {}", json::serialize(node.contains->allowed.front()))
                        : "must contain an item that it does not contain");
    }
    for (std::size_t i = 0; node.items != nullptr && i < array.size() && (good || problems_ != nullptr); ++i) {
      good = at(fmt::format("/{}", i), *node.items, array[i]) && good;
    }
    return good;
  }

  static bool all_different(const json::array& array) {
    std::set<std::string> seen;
    return std::ranges::all_of(array, [&](const auto& item) { return seen.insert(json::serialize(item)).second; });
  }

  bool check_string(const Node& node, std::string_view text) {
    bool good = true;
    if (node.min_length && characters(text) < *node.min_length) {
      good = report(*node.min_length == 1 ? "must not be empty"
                                          : fmt::format("needs at least {} characters", *node.min_length));
    }
    if (node.max_length && characters(text) > *node.max_length) {
      good = report(fmt::format("must have at most {} characters", *node.max_length));
    }
    if (node.pattern && !RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *node.pattern)) {
      good = report(fmt::format("must match {}", node.pattern->pattern()));
    }
    if (node.format != nullptr && !node.format->accepts(text)) {
      good = report(std::string(node.format->must));
    }
    return good;
  }

  bool check_number(const Node& node, double number) {
    if (node.minimum && number < *node.minimum) {
      return report(fmt::format("must be at least {}", *node.minimum));
    }
    return (!node.maximum || number <= *node.maximum) || report(fmt::format("must be at most {}", *node.maximum));
  }

  bool check_combined(const Node& node, const json::value& value) {
    bool good = true;
    for (const Node* part : node.all_of) {
      good = check(*part, value) && good;
    }
    if (!node.one_of.empty() &&
        std::ranges::count_if(node.one_of, [&](const Node* n) { return fits(*n, value); }) != 1) {
      good = report("must have exactly one of the allowed forms");
    }
    if (node.not_ != nullptr && fits(*node.not_, value)) {
      good = report("has a value or a key that is not allowed here");
    }
    if (node.if_ != nullptr) {
      const Node* next = fits(*node.if_, value) ? node.then : node.else_;
      good = (next == nullptr || check(*next, value)) && good;
    }
    return good;
  }

  bool fits(const Node& node, const json::value& value) const { return Walk(nullptr, false).check(node, value); }

  bool at(const std::string& step, const Node& node, const json::value& value) {
    const auto length = path_.size();
    path_ += step;
    const bool good = check(node, value);
    path_.resize(length);
    return good;
  }

  std::vector<SchemaProblem>* problems_;
  bool names_keys_;
  std::string path_;
};

}  // namespace

struct Schema::Impl {
  std::vector<std::unique_ptr<Node>> nodes;
  const Node* root = nullptr;
  bool names_keys = true;
};

Schema::Schema(std::string_view document, bool names_keys) {
  const json::value schema = json::parse(document);
  auto impl = std::make_unique<Impl>();
  impl->names_keys = names_keys;
  impl->root = Compiler(schema.at("$defs").as_object(), impl->nodes).compile(schema);
  impl_ = std::move(impl);
}

Schema::~Schema() = default;

std::vector<SchemaProblem> Schema::validate(const json::value& value) const {
  std::vector<SchemaProblem> found;
  Walk(&found, impl_->names_keys).check(*impl_->root, value);
  std::vector<SchemaProblem> problems;
  std::set<SchemaProblem> seen;
  for (auto& problem : found) {
    if (seen.insert(problem).second) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

std::string pointer_step(std::string_view name) {
  std::string step = "/";
  for (const char c : name) {
    if (c == '~' || c == '/') {
      step += c == '~' ? "~0" : "~1";
    } else {
      step += c;
    }
  }
  return step;
}

}  // namespace gatehouse::project
