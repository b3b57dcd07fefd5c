#include "main/commands/master_key.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

#include "platform/crypto/key_ring.h"

namespace gatehouse::main {

namespace {

[[noreturn]] void cannot_write(const std::string& path) {
  throw std::runtime_error(fmt::format(
      "--out {}: {}; name a file that is not there yet, in a folder that can be written", path, std::strerror(errno)));
}

}  // namespace

void make_master_key(const std::string& out) {
  const std::string text = crypto::KeyRing::generate() + "\n";
  if (out.empty()) {
    fmt::print("{}", text);
    return;
  }
  const int file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) {
    cannot_write(out);
  }
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  if (!written) {
    ::unlink(out.c_str());
    errno = why;
    cannot_write(out);
  }
  fmt::print("wrote {}; back it up apart from the database: what it sealed is lost without it\n", out);
}

}  // namespace gatehouse::main
