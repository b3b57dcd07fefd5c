#pragma once

#include <vector>

#include "project/load.h"

namespace gatehouse::project {

// What is wrong in the project's reserved_name.txt: each line that is a /regular expression/ which RE2 does not take,
// by its number from 1.
std::vector<Problem> check_reserved_names(const Files& files);

}  // namespace gatehouse::project
