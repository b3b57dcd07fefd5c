#pragma once

namespace gatehouse::main {

// `gatehouse <command> …`; returns the exit status. Throws std::exception with a message for the person at the
// terminal.
int run_command_line(int argc, char** argv);

}  // namespace gatehouse::main
