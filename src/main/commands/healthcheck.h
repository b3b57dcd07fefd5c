#pragma once

#include <string>

namespace gatehouse::main {

// Asks the URL once; 0 for an answer of 200 within 3 s, else 1 with one line on standard error. For container health
// checks.
int healthcheck(const std::string& url);

}  // namespace gatehouse::main
