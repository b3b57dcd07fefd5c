#pragma once

#include <string>
#include <string_view>

namespace gatehouse::flow {

// Keeps the first half (rounded down) of the local part and the domain: "jo**@example.com".
std::string mask_email(std::string_view email);

}  // namespace gatehouse::flow
