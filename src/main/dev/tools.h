#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

#include "main/dev/data_folder.h"

namespace gatehouse::main::dev {

// The demo application and the inbox (dev/main.ts): one Node process that ends with this one.
class Tools {
 public:
  // Throws std::runtime_error where Node or the tools are not found beside this program.
  Tools(const Ports& ports);
  ~Tools();
  Tools(const Tools&) = delete;
  Tools& operator=(const Tools&) = delete;

  struct Listening {
    int demo = 0;
    int inbox = 0;
    int smtp = 0;
  };
  pid_t pid() const { return pid_; }

  // Waits until it listens.
  Listening ready();

  // Tells it where the server is; from then on the demo signs people in.
  void serve(const std::string& issuer, const std::string& demo, const std::string& inbox,
             const std::string& client_id);

 private:
  pid_t pid_ = 0;
  int to_child_ = -1;
  int from_child_ = -1;
};

}  // namespace gatehouse::main::dev
