#include "domain/identity/word_list.h"

#include <algorithm>

#include <boost/algorithm/string/case_conv.hpp>
#include <re2/re2.h>

#include "domain/identity/precis.h"
#include "domain/identity/unicode_text.h"
#include "platform/base/embedded.h"

namespace gatehouse::identity {

namespace {

constexpr std::string_view kReservedNames = "reserved_name.txt";

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return trimmed(line);
}

std::string_view built_in(std::string_view file) {
  return embedded_file("resources/" + std::string(file)).value_or(std::string_view{});
}

// A line that is no regular expression never gets here: a project with one is not loaded.
bool line_matches(std::string_view line, std::string_view name) {
  RE2::Options options;
  options.set_log_errors(false);
  const bool is_expression = line.size() > 2 && line.starts_with('/') && line.ends_with('/');
  if (!is_expression) {
    return name.find(line) != std::string_view::npos;
  }
  const RE2 expression(line.substr(1, line.size() - 2), options);
  return expression.ok() && RE2::PartialMatch(name, expression);
}

bool has_line(std::string_view text, std::string_view wanted) {
  while (!text.empty()) {
    if (take_line(text) == wanted) {
      return true;
    }
  }
  return false;
}

// Lists are long and mostly ASCII: those lines need no tables.
std::optional<std::string> folded_entry(std::string_view line) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::ranges::all_of(line, is_ascii)) {
    return enforce_folded(line, StringClass::freeform, Direction::any);
  }
  std::string lower(line);
  boost::algorithm::to_lower(lower, std::locale::classic());
  return lower;
}

bool matches(std::string_view line, std::string_view folded, Match match) {
  const auto entry = folded_entry(line);
  return entry && (match == Match::whole ? folded == *entry : folded.find(*entry) != std::string_view::npos);
}

bool any_line(std::string_view text, std::string_view folded, Match match) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!line.empty() && !line.starts_with('#') && matches(line, folded, match)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_reserved_name(const project::Project& project, std::string_view folded) {
  bool reserved = !folded.starts_with('#') && has_line(built_in(kReservedNames), folded);
  std::string_view text = project.resource(kReservedNames).value_or(std::string_view{});
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    const bool allows = line.starts_with('!');
    line.remove_prefix(allows ? 1 : 0);
    if (line_matches(line, folded)) {
      reserved = !allows;
    }
  }
  return reserved;
}

bool is_listed(const project::Project& project, std::string_view file, std::string_view folded, Match match) {
  return any_line(built_in(file), folded, match) ||
         any_line(project.resource(file).value_or(std::string_view{}), folded, match);
}

}  // namespace gatehouse::identity
