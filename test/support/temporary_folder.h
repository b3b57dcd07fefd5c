#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace gatehouse::test {

// A folder of a test's own that every user may enter, under TMPDIR; gone with it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name) {
    std::string made = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
    if (mkdtemp(made.data()) == nullptr) {
      throw std::runtime_error("cannot make a temporary folder");
    }
    path_ = made;
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace gatehouse::test
