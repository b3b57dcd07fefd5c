#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "project/cross_check.h"
#include "project/load.h"

namespace gatehouse::project {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kYamlBytes =
    std::size_t{100} * 1024 + 1;  // one more than is allowed: the loader says what is wrong
constexpr std::size_t kResourceBytes = std::size_t{1024} * 1024;  // a picture
constexpr std::size_t kFolderBytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kFolderFiles = 2'000;

// A file's first bytes, at most `limit`; nothing if it cannot be read.
std::optional<std::string> read(const fs::path& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  std::string content(limit, '\0');
  in.read(content.data(), static_cast<std::streamsize>(limit));
  if (!in.is_open() || in.bad()) {
    return std::nullopt;
  }
  content.resize(static_cast<std::size_t>(in.gcount()));
  return content;
}

class FolderReader {
 public:
  explicit FolderReader(const std::string& folder) : folder_(folder) {}

  Files run() {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) {
      throw InvalidProject({{folder_.string(), "", "is not a folder that can be read"}});
    }
    for (const auto* name : {kConfigFile, kSecretsFile, kFeaturesFile, kOwnFile}) {
      if (fs::exists(folder_ / name, error)) {
        take(name, kYamlBytes);
      }
    }
    for (const auto* name : {"templates", "static"}) {
      tree(name);
    }
    word_lists();
    if (!problems_.empty()) {
      throw InvalidProject(std::move(problems_));
    }
    return std::move(files_);
  }

 private:
  void take(const std::string& name, std::size_t limit) {
    auto content = read(folder_ / name, limit + 1);
    if (!content) {
      problems_.push_back({name, "", "cannot be read"});
      return;
    }
    total_ += content->size();
    if (limit != kYamlBytes && content->size() > limit) {
      problems_.push_back({name, "", fmt::format("is larger than {} KiB", limit / 1024)});
    } else if (total_ > kFolderBytes || files_.size() >= kFolderFiles) {
      throw InvalidProject(
          {{folder_.string(), "", fmt::format("has more than {} MiB or {} files", kFolderBytes >> 20U, kFolderFiles)}});
    } else {
      files_.emplace(name, std::move(*content));
    }
  }

  // Symbolic links are followed to files, not into folders: a mounted volume makes the former, a loop needs the latter.
  void tree(const std::string& name) {
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder_ / name, error), end; !error && at != end; at.increment(error)) {
      if (at->is_regular_file(error)) {
        take(at->path().lexically_relative(folder_).generic_string(), kResourceBytes);
      }
    }
  }

  void word_lists() {
    std::error_code error;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() == ".txt" && at->is_regular_file(error)) {
        take(at->path().filename().string(), kResourceBytes);
      }
    }
  }

  fs::path folder_;
  Files files_;
  std::size_t total_ = 0;
  std::vector<Problem> problems_;
};

}  // namespace

Files read_folder(const std::string& folder) { return FolderReader(folder).run(); }

}  // namespace gatehouse::project
