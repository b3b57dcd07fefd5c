#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "project/project.h"

namespace gatehouse::project {

// A project's files by path: "authgear.yaml", "authgear.secrets.yaml", "authgear.features.yaml", "gatehouse.yaml",
// "templates/en/…".
using Files = std::map<std::string, std::string, std::less<>>;

struct Problem {
  std::string file;
  std::string path;  // JSON pointer
  std::string what;
};

// Every wrong path at once; what() is a list for the operator. Never contains a secret.
class InvalidProject : public std::runtime_error {
 public:
  explicit InvalidProject(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

struct Loaded {
  Handle project;
  std::vector<std::string> warnings;  // keys that do nothing yet, or not all they say, with their paths
};

// Parses (no YAML aliases bombs, no duplicate keys), validates against the contract's schemas, our own for
// gatehouse.yaml, and the cross-field checks, fills in defaults. Throws InvalidProject.
Loaded load(const Files& files);

// The files of a folder: the four YAML files, templates/, static/ and word lists, each within its limit.
Files read_folder(const std::string& folder);

}  // namespace gatehouse::project
