#include <cstdio>
#include <exception>

#include "main/command_line.h"
#include "main/process_limits.h"
#include "main/settings.h"

int main(int argc, char** argv) {
  gatehouse::main::set_process_limits();
  try {
    return gatehouse::main::run_command_line(argc, argv);
  } catch (const gatehouse::main::SettingsError& error) {
    for (const auto& line : error.lines()) {
      std::fprintf(stderr, "gatehouse: %s\n", line.c_str());
    }
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gatehouse: %s\n", error.what());
    return 1;
  }
}
