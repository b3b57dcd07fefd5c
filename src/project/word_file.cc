#include "project/word_file.h"

#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

namespace gatehouse::project {

namespace {

constexpr const char* kReservedNames = "reserved_name.txt";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// "!" before a line allows again what it matches.
std::string_view expression_in(std::string_view line) {
  line = trimmed(line);
  line.remove_prefix(line.starts_with('!') ? 1 : 0);
  const bool is_expression = line.size() > 2 && line.starts_with('/') && line.ends_with('/');
  return is_expression ? line.substr(1, line.size() - 2) : std::string_view{};
}

}  // namespace

std::vector<Problem> check_reserved_names(const Files& files) {
  std::vector<Problem> problems;
  const auto found = files.find(kReservedNames);
  std::string_view rest = found == files.end() ? std::string_view{} : std::string_view{found->second};
  RE2::Options options;
  options.set_log_errors(false);
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const RE2 expression(expression_in(rest.substr(0, end)), options);
    if (!expression.ok()) {
      problems.push_back({kReservedNames, fmt::format("line {}", number),
                          fmt::format("is no regular expression: {}", expression.error())});
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return problems;
}

}  // namespace gatehouse::project
