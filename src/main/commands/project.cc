#include "main/commands/project.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace gatehouse::main {
namespace {

namespace fs = std::filesystem;
using project::ApplicationType;

bool is_id(std::string_view id) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !id.empty() && id.size() <= 63 && std::ranges::all_of(id, fits) && id.front() != '-' && id.back() != '-';
}

bool has_project(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "authgear.yaml", error);
}

std::vector<fs::path> project_folders(const std::string& folder) {
  std::vector<fs::path> found;
  if (has_project(folder)) {
    found.emplace_back(folder);
  }
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (has_project(at->path())) {
      found.push_back(at->path());
    }
  }
  std::ranges::sort(found);
  return found;
}

// "client <id> (<name>)" for each: an application needs its id, and its secret where it has one.
void print_clients(const project::Files& files, std::ostream& out) {
  const auto loaded = project::load(files);
  for (const auto& client : loaded.project->config.oauth_clients) {
    const bool has_secret = loaded.project->secrets.client_secrets.contains(client.client_id);
    out << fmt::format("client {} ({}){}\n", client.client_id.str(), client.name,
                       has_secret ? "; its secret is the \"k\", in base64url, of oauth.client_secrets in "
                                    "authgear.secrets.yaml"
                                  : "");
  }
}

// What nobody named stands in the file all the same.
void print_assumed(const std::vector<std::string>& assumed, std::ostream& out) {
  for (const auto& line : assumed) {
    out << line << '\n';
  }
  if (!assumed.empty()) {
    out << "if that is not right, say so in authgear.secrets.yaml: the server takes its servers from there\n";
  }
}

void print_warnings(const project::Loaded& loaded, std::ostream& out) {
  for (const auto& warning : loaded.warnings) {
    out << fmt::format("warning: {}\n", warning);
  }
}

void print_problems(const project::InvalidProject& invalid, std::ostream& err) {
  for (const auto& problem : invalid.problems()) {
    err << fmt::format("error: {}: {}{}{}\n", problem.file, problem.path, problem.path.empty() ? "" : ": ",
                       problem.what);
  }
}

// What CLI11 writes into while it parses.
struct CreateArguments {
  CreateProject command;
  project::NewClient client{.name = "Application"};
  project::SmtpSecret smtp;
};

void add_client_options(CLI::App& app, CreateArguments& into) {
  static const std::map<std::string, ApplicationType> types{{"spa", ApplicationType::spa},
                                                            {"traditional_webapp", ApplicationType::traditional_webapp},
                                                            {"native", ApplicationType::native},
                                                            {"confidential", ApplicationType::confidential},
                                                            {"third_party_app", ApplicationType::third_party_app}};
  auto* makes_it = app.add_option("--redirect-uri", into.client.redirect_uris,
                                  "Where a first application takes its answer; makes the application");
  app.add_option("--post-logout-redirect-uri", into.client.post_logout_redirect_uris,
                 "Where it takes people after signing out")
      ->needs(makes_it);
  app.add_option("--client-name", into.client.name, "Its name")->capture_default_str()->needs(makes_it);
  app.add_option("--client-type", into.client.type,
                 "spa (as it is), traditional_webapp, native, confidential or third_party_app")
      ->transform(CLI::CheckedTransformer(types).description(""))
      ->needs(makes_it);
}

void add_smtp_options(CLI::App& app, CreateArguments& into) {
  app.add_option("--smtp-host", into.smtp.host, "Mail server (none: no e-mail)");
  app.add_option("--smtp-port", into.smtp.port, "Its port")->capture_default_str()->check(CLI::Range(1, 65535));
  app.add_option("--smtp-username", into.smtp.username, "User name there");
  app.add_option("--smtp-password", into.smtp.password, "Password there")->envname("SMTP_PASSWORD");
  app.add_option("--smtp-sender-address", into.smtp.sender,
                 "Sender of messages, like \"Example <no-reply@example.com>\"");
}

int run_create(CreateArguments& arguments) {
  auto& of = arguments.command.project;
  if (!arguments.client.redirect_uris.empty()) {
    of.clients = {arguments.client};
  }
  if (!arguments.smtp.host.empty()) {
    of.smtp = arguments.smtp;
  }
  auto& assumed = arguments.command.assumed;
  if (of.database_url.empty()) {
    of.database_url = "postgres://localhost/app";
    assumed.push_back("no --database-url and no DATABASE_URL: it names postgres://localhost/app");
  }
  if (of.audit_database_url.empty()) {
    assumed.emplace_back("no --audit-database-url and no AUDIT_DATABASE_URL: no audit log is kept");
  }
  if (of.redis_url.empty()) {
    of.redis_url = "redis://localhost";
    assumed.emplace_back("no --redis-url and no REDIS_URL: it names redis://localhost");
  }
  if (!of.smtp) {
    assumed.emplace_back("no --smtp-host: no e-mail is sent");
  }
  return create_project(arguments.command, std::cout, std::cerr);
}

void add_create(CLI::App& parent, int& exit_code) {
  auto* app = parent.add_subcommand(
      "create", "Write authgear.yaml, authgear.secrets.yaml and gatehouse.yaml of a new project, with fresh keys");
  auto arguments = std::make_shared<CreateArguments>();
  auto& of = arguments->command.project;
  app->add_option("--id", of.id, "Id of the project: a-z, 0-9 and -")->required();
  app->add_option("--public-origin", of.public_origin, "Where people reach it, like https://auth.example.com")
      ->required();
  app->add_option("-o,--output-folder", arguments->command.output_folder, "Folder to write to")->capture_default_str();
  app->add_flag("--overwrite", arguments->command.overwrite, "Replace files that are there; their keys are lost");
  app->add_option("--database-url", of.database_url, "PostgreSQL of its users (postgres://localhost/app)")
      ->envname("DATABASE_URL");
  app->add_option("--audit-database-url", of.audit_database_url, "PostgreSQL of its audit log (none: no audit log)")
      ->envname("AUDIT_DATABASE_URL");
  app->add_option("--redis-url", of.redis_url, "Redis (redis://localhost)")->envname("REDIS_URL");
  add_client_options(*app, *arguments);
  add_smtp_options(*app, *arguments);
  app->callback([arguments, &exit_code] { exit_code = run_create(*arguments); });
}

void add_folder_command(CLI::App& parent, const char* name, const char* about,
                        int (*run)(const std::string&, std::ostream&, std::ostream&), int& exit_code) {
  auto* app = parent.add_subcommand(name, about);
  auto folder = std::make_shared<std::string>(".");
  app->add_option("folder", *folder, "The folder; CONFIG_SOURCE_DIRECTORY, or else this one")
      ->envname("CONFIG_SOURCE_DIRECTORY");
  app->callback([run, folder, &exit_code] { exit_code = run(*folder, std::cout, std::cerr); });
}

}  // namespace

int create_project(const CreateProject& command, std::ostream& out, std::ostream& err) {
  if (!is_id(command.project.id)) {
    err << "error: --id must be 1 to 63 of a-z, 0-9 and -, like my-project\n";
    return 1;
  }
  try {
    const auto files = project::create_project(command.project);
    project::write_folder(command.output_folder, files, command.overwrite);
    out << fmt::format("wrote {0}/authgear.yaml, {0}/authgear.secrets.yaml and {0}/gatehouse.yaml\n",
                       command.output_folder);
    print_warnings(project::load(files), out);
    print_clients(files, out);
    print_assumed(command.assumed, out);
    return 0;
  } catch (const project::InvalidProject& e) {
    print_problems(e, err);
  } catch (const std::runtime_error& e) {
    err << fmt::format("error: {}\n", e.what());
  }
  return 1;
}

int list_projects(const std::string& folder, std::ostream& out, std::ostream& err) {
  const auto folders = project_folders(folder);
  if (folders.empty()) {
    err << fmt::format("error: no authgear.yaml in {} or a folder in it\n", folder);
    return 1;
  }
  int exit_code = 0;
  for (const auto& path : folders) {
    try {
      const auto loaded = project::load(project::read_folder(path.string()));
      out << fmt::format("{}\t{}\t{}\n", loaded.project->id().str(), loaded.project->origin(), path.string());
    } catch (const project::InvalidProject&) {
      out << fmt::format("-\tinvalid\t{}\n", path.string());
      exit_code = 1;
    }
  }
  return exit_code;
}

int validate_project(const std::string& folder, std::ostream& out, std::ostream& err) {
  try {
    const auto loaded = project::load(project::read_folder(folder));
    print_warnings(loaded, out);
    out << fmt::format("{} is valid: {} at {}\n", folder, loaded.project->id().str(), loaded.project->origin());
    return 0;
  } catch (const project::InvalidProject& e) {
    print_problems(e, err);
    return 1;
  }
}

void add_project_commands(CLI::App& app, int& exit_code) {
  auto* parent = app.add_subcommand("project", "Make and check projects");
  parent->require_subcommand(1);
  add_create(*parent, exit_code);
  add_folder_command(*parent, "list", "List the projects of a folder", list_projects, exit_code);
  add_folder_command(*parent, "validate", "Check a project's files and print all that is wrong", validate_project,
                     exit_code);
}

}  // namespace gatehouse::main
