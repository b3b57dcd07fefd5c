#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse {

struct EmbeddedFile {
  std::string_view path;  // as in the source tree: "migrations/app/…", "resources/…", "web/authui/…"
  std::string_view content;
};

// Files that the build put into the binary.
std::optional<std::string_view> embedded_file(std::string_view path);
// All files whose path starts with `prefix`, sorted by path.
std::vector<EmbeddedFile> embedded_files(std::string_view prefix);

}  // namespace gatehouse
