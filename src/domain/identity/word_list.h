#pragma once

#include <string>
#include <string_view>

#include "project/project.h"

// Word lists: those that come with the product and those of a project's files, one entry a line.
namespace gatehouse::identity {

// A user name nobody may take: one of resources/reserved_name.txt (whole names), changed by the project's
// reserved_name.txt, whose lines are parts of names or /regular expressions/; "!" allows again what a line before it
// forbade, "#" begins a comment. `folded`: in folded case.
bool is_reserved_name(const project::Project& project, std::string_view folded);

// Whether `folded` equals (or, with `part`, contains) an entry of the list, in folded case.
enum class Match { whole, part };
bool is_listed(const project::Project& project, std::string_view file, std::string_view folded, Match match);

}  // namespace gatehouse::identity
