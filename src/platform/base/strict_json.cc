#include "platform/base/strict_json.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

namespace gatehouse {

namespace {

namespace json = boost::json;

constexpr std::size_t kDepth = 32;

json::parse_options options() {
  json::parse_options options;
  options.max_depth = kDepth;
  return options;
}

// Boost.JSON keeps the last of two members with one name, where another reader may keep the first, and reads a number
// too large for a double as infinity. This only looks for them.
class Objector {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();  // NOLINT
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();   // NOLINT
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();     // NOLINT
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();  // NOLINT

  bool on_document_begin(json::error_code& /*ec*/) { return true; }
  bool on_document_end(json::error_code& /*ec*/) { return true; }
  bool on_object_begin(json::error_code& /*ec*/) {
    names_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t /*count*/, json::error_code& /*ec*/) {
    names_.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code& /*ec*/) { return true; }
  bool on_array_end(std::size_t /*count*/, json::error_code& /*ec*/) { return true; }
  bool on_key_part(json::string_view part, std::size_t /*so_far*/, json::error_code& /*ec*/) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t /*size*/, json::error_code& ec) {
    name_.append(part.data(), part.size());
    if (!names_.back().insert(name_).second) {
      ec = json::error::exception;
      return false;
    }
    name_.clear();
    return true;
  }
  bool on_string_part(json::string_view /*part*/, std::size_t /*so_far*/, json::error_code& /*ec*/) { return true; }
  bool on_string(json::string_view /*part*/, std::size_t /*size*/, json::error_code& /*ec*/) { return true; }
  bool on_number_part(json::string_view /*part*/, json::error_code& /*ec*/) { return true; }
  bool on_int64(std::int64_t /*value*/, json::string_view /*text*/, json::error_code& /*ec*/) { return true; }
  bool on_uint64(std::uint64_t /*value*/, json::string_view /*text*/, json::error_code& /*ec*/) { return true; }
  bool on_double(double value, json::string_view /*text*/, json::error_code& ec) {
    if (!std::isfinite(value)) {
      ec = json::error::exception;
      return false;
    }
    return true;
  }
  bool on_bool(bool /*value*/, json::error_code& /*ec*/) { return true; }
  bool on_null(json::error_code& /*ec*/) { return true; }
  bool on_comment_part(json::string_view /*part*/, json::error_code& /*ec*/) { return true; }
  bool on_comment(json::string_view /*part*/, json::error_code& /*ec*/) { return true; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string name_;
};

bool is_ambiguous(std::string_view text) {
  json::basic_parser<Objector> parser(options());
  json::error_code failed;
  parser.write_some(false, text.data(), text.size(), failed);
  return static_cast<bool>(failed);
}

}  // namespace

std::optional<json::object> parse_strict_object(std::string_view text) {
  json::error_code broken;
  json::value value = json::parse(json::string_view(text.data(), text.size()), broken, {}, options());
  if (broken || !value.is_object() || is_ambiguous(text)) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

}  // namespace gatehouse
