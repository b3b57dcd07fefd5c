#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "project/load.h"
#include "project/new_project.h"
#include "project/yaml.h"

// The input is a YAML file. Nothing may crash, what was read is read again as the same after it was written, and each
// of the four files is either loaded or refused with InvalidProject.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::project;
  static const Files good = create_project({.id = "app",
                                            .public_origin = "http://app.localhost:3000",
                                            .database_url = "postgres://h/d",
                                            .redis_url = "redis://h"});
  const std::string input(reinterpret_cast<const char*>(data), size);
  try {
    const auto value = parse_yaml(input);
    if (parse_yaml(to_yaml(value), {.bytes = 1U << 30U, .nodes = 1U << 30U}) != value) {
      std::abort();
    }
  } catch (const YamlError&) {
    return 0;
  }
  for (const auto* name : {"authgear.yaml", "authgear.secrets.yaml", "authgear.features.yaml", "gatehouse.yaml"}) {
    Files files = good;
    files[name] = input;
    try {
      load(files);
    } catch (const InvalidProject& e) {
      if (e.problems().empty()) {
        std::abort();
      }
    }
  }
  return 0;
}
