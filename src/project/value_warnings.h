#pragma once

#include <string>
#include <vector>

#include "project/place.h"

namespace gatehouse::project {

// Values of authgear.yaml that the contract accepts and that do not do what somebody who writes them may expect, each
// with its path: a zero that stands for the default, a redirect URI that is never followed, ways to sign in that are
// not there yet.
std::vector<std::string> value_warnings(const Place& file);

}  // namespace gatehouse::project
