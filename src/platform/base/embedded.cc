#include "platform/base/embedded.h"

#include <algorithm>
#include <cstddef>

namespace {

struct TableEntry {
  const char* path;
  const char* data;
  std::size_t size;
};

}  // namespace

extern "C" const TableEntry gatehouse_embedded_table[];

namespace gatehouse {

std::vector<EmbeddedFile> embedded_files(std::string_view prefix) {
  std::vector<EmbeddedFile> files;
  for (const auto* entry = gatehouse_embedded_table; entry->path != nullptr; ++entry) {
    const EmbeddedFile file{entry->path, {entry->data, entry->size}};
    if (file.path.starts_with(prefix)) {
      files.push_back(file);
    }
  }
  std::ranges::sort(files, {}, &EmbeddedFile::path);
  return files;
}

std::optional<std::string_view> embedded_file(std::string_view path) {
  for (const auto* entry = gatehouse_embedded_table; entry->path != nullptr; ++entry) {
    if (path == entry->path) {
      return std::string_view{entry->data, entry->size};
    }
  }
  return std::nullopt;
}

}  // namespace gatehouse
