#pragma once

#include <string>

namespace gatehouse::main {

// Writes a new key ring: into a new file that only its owner can read, or, with no name, to standard output. Throws
// std::runtime_error where the file is there already or cannot be written.
void make_master_key(const std::string& out);

}  // namespace gatehouse::main
