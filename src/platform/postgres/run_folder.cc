#include "platform/postgres/run_folder.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gatehouse::postgres {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "gatehouse-";
constexpr std::size_t kRandomLength = 6;  // of mkdtemp
constexpr const char* kLock = "process.lock";

bool is_run_folder(const fs::path& path) {
  const std::string name = path.filename();
  return name.starts_with(kPrefix) && name.size() == kPrefix.size() + kRandomLength &&
         fs::symlink_status(path).type() == fs::file_type::directory;
}

// The lock file is ours and nobody holds it.
bool is_dead(const fs::path& folder) {
  const int lock = open((folder / kLock).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0) {
    return false;
  }
  struct stat about{};
  const bool dead = fstat(lock, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
                    flock(lock, LOCK_EX | LOCK_NB) == 0;
  close(lock);
  return dead;
}

}  // namespace

// Made under another name and renamed when it is locked: it is never seen unlocked while this process lives.
int claim_run_folder(const fs::path& folder) {
  const fs::path fresh = folder / "process.lock.new";
  const int lock = open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0 || rename(fresh.c_str(), (folder / kLock).c_str()) != 0) {
    const std::error_code cause(errno, std::generic_category());
    if (lock >= 0) {
      close(lock);
    }
    throw std::system_error(cause, folder.string());
  }
  return lock;
}

void remove_dead_run_folders(const fs::path& under) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(under, fs::directory_options::skip_permission_denied, ignored)) {
    if (is_run_folder(entry.path()) && is_dead(entry.path())) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace gatehouse::postgres
