#include "main/dev/tools.h"

#include <fcntl.h>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace gatehouse::main::dev {

namespace fs = std::filesystem;

namespace {

// The repository that this program was built in: the first folder above it that holds the tools.
fs::path tools_root() {
  for (fs::path folder = fs::read_symlink("/proc/self/exe").parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::exists(folder / "dev/main.ts")) {
      return folder;
    }
  }
  throw std::runtime_error(
      "gatehouse dev runs from a checkout of the repository: dev/main.ts is in no folder above this program");
}

std::string read_line(int fd) {
  std::string line;
  char c = 0;
  while (::read(fd, &c, 1) == 1 && c != '\n') {
    line += c;
  }
  return line;
}

[[noreturn]] void run_child(const fs::path& root, const std::string& environment, int in, int out, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(1);
  }
  ::setpgid(0, 0);  // Ctrl-C is for the parent, which ends its children in order
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::setenv("GATEHOUSE_DEV", environment.c_str(), 1);
  const std::string node = root / "node_modules/.bin/node";
  const std::string script = root / "dev/main.ts";
  ::execl(node.c_str(), "node", "--disable-warning=ExperimentalWarning", script.c_str(), nullptr);
  ::_exit(127);
}

}  // namespace

Tools::Tools(const Ports& ports) {
  const fs::path root = tools_root();
  if (!fs::exists(root / "node_modules/.bin/node")) {
    throw std::runtime_error("the npm packages are not installed; run script/bootstrap");
  }
  const std::string environment =
      boost::json::serialize(boost::json::object{{"demo_port", ports.demo}, {"inbox_port", ports.inbox}});
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot make a pipe");
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    run_child(root, environment, in[0], out[1], parent);
  }
  ::close(in[0]);
  ::close(out[1]);
  to_child_ = in[1];
  from_child_ = out[0];
}

Tools::~Tools() {
  ::close(to_child_);
  ::close(from_child_);
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

Tools::Listening Tools::ready() {
  const std::string line = read_line(from_child_);
  if (line.empty()) {
    throw std::runtime_error("the demo application and the inbox did not start; is another program on their ports?");
  }
  const auto json = boost::json::parse(line).as_object();
  const auto port = [&](const char* name) { return static_cast<int>(json.at(name).as_int64()); };
  return {port("demo_port"), port("inbox_port"), port("smtp_port")};
}

void Tools::serve(const std::string& issuer, const std::string& demo, const std::string& inbox,
                  const std::string& client_id) {
  const std::string line = boost::json::serialize(boost::json::object{
                               {"issuer", issuer}, {"demo", demo}, {"inbox", inbox}, {"client_id", client_id}}) +
                           "\n";
  if (::write(to_child_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("the demo application ended early");
  }
}

}  // namespace gatehouse::main::dev
