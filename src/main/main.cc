#include <cstdio>
#include <exception>

#include "main/command_line.h"
#include "main/process_limits.h"

int main(int argc, char** argv) {
  gatehouse::main::set_process_limits();
  try {
    return gatehouse::main::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gatehouse: %s\n", error.what());
    return 1;
  }
}
