#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "project/new_project.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace gatehouse::main {

struct CreateProject {
  project::NewProject project;
  std::string output_folder = ".";
  bool overwrite = false;
  std::vector<std::string> assumed;  // lines that say what nobody named and the files hold all the same
};

// Each returns the process's exit code: 0 done, 1 not (said on `err`).
int create_project(const CreateProject& command, std::ostream& out, std::ostream& err);
// The project in the folder and those in the folders directly below it.
int list_projects(const std::string& folder, std::ostream& out, std::ostream& err);
// Prints every problem and every warning of a project's folder.
int validate_project(const std::string& folder, std::ostream& out, std::ostream& err);

// Adds `project create|list|validate` to the command line; what ran leaves its code in `exit_code`, which outlives
// `app`.
void add_project_commands(CLI::App& app, int& exit_code);

}  // namespace gatehouse::main
