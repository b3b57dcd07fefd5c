#pragma once

#include <filesystem>
#include <string>

namespace gatehouse::main::dev {

// Ports of a development deployment; kept in the data folder so that addresses stay the same. 0: any free one.
struct Ports {
  int endpoint = 0;
  int demo = 0;
  int inbox = 0;
};

// A port of 127.0.0.1 that is kept for the server that is going to listen on it: while it is held, the system gives it
// to no outgoing connection, which needs a while until a database has been made.
class HeldPort {
 public:
  // `port` 0: any free one. Throws std::runtime_error where it is taken.
  explicit HeldPort(int port);
  ~HeldPort();
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;

  int number() const { return number_; }

 private:
  int fd_ = -1;
  int number_ = 0;
};

// One development deployment's data: PostgreSQL's and Redis' files, the project, the master key, the ports. Held by one
// process at a time.
class DataFolder {
 public:
  // Makes the folder, or with `reset` empties what an earlier run left there. Throws std::runtime_error with a message
  // for the operator: in use, not ours, not writable.
  DataFolder(std::filesystem::path path, bool reset);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path postgres() const { return path_ / "postgres"; }
  std::filesystem::path redis() const { return path_ / "redis"; }
  std::filesystem::path project() const { return path_ / "project"; }
  std::filesystem::path master_key() const { return path_ / "master-key.json"; }

  // `first_port` 0: the ports of the last run where they are free, 0 for the others. Throws std::runtime_error where a
  // port that was asked for is taken.
  Ports choose_ports(int first_port) const;
  Ports last_ports() const;
  void remember(const Ports& ports) const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

// The whole text of a file; empty if there is none.
std::string read_file(const std::filesystem::path& path);
// Replaces the file in one step; `secret`: readable by its owner only.
void write_file(const std::filesystem::path& path, const std::string& text, bool secret = false);

}  // namespace gatehouse::main::dev
