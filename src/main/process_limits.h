#pragma once

namespace gatehouse::main {

// What this process asks of the kernel for itself and its children: as many open files as it may have, and no core
// dump, which would hold passwords and keys.
void set_process_limits();

}  // namespace gatehouse::main
