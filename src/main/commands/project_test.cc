#include "main/commands/project.h"

#include <sstream>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gatehouse::main {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

template <class Command, class Argument>
Outcome run(Command command, const Argument& argument) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = command(argument, out, err);
  return {exit_code, out.str(), err.str()};
}

CreateProject example(const std::string& folder) {
  CreateProject command;
  command.project = {.id = "shop",
                     .public_origin = "https://auth.shop.example",
                     .database_url = "postgres://u:hunter2@db/shop",
                     .redis_url = "redis://redis",
                     .clients = {{.client_id = "web", .name = "Web", .redirect_uris = {"https://shop.example/cb"}}}};
  command.output_folder = folder;
  return command;
}

TEST(ProjectCommands, what_is_created_is_valid_and_listed) {
  test::TemporaryFolder folder;
  const Outcome created = run(create_project, example(folder / "shop"));
  EXPECT_EQ(created.exit_code, 0) << created.err;
  EXPECT_THAT(created.out, HasSubstr("client web (Web)"));
  EXPECT_THAT(created.out, Not(HasSubstr("hunter2")));
  const Outcome valid = run(validate_project, folder / "shop");
  EXPECT_EQ(valid.exit_code, 0) << valid.err;
  EXPECT_THAT(valid.out, HasSubstr("is valid: shop at https://auth.shop.example"));
  EXPECT_THAT(valid.out, Not(HasSubstr("warning")));
  EXPECT_EQ(run(list_projects, folder.path()).out, "shop\thttps://auth.shop.example\t" + (folder / "shop") + "\n");
}

TEST(ProjectCommands, nothing_is_overwritten_unless_asked_for) {
  test::TemporaryFolder folder;
  CreateProject command = example(folder.path());
  EXPECT_EQ(run(create_project, command).exit_code, 0);
  const auto before = project::read_folder(folder.path());
  const Outcome again = run(create_project, command);
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("--overwrite"));
  EXPECT_EQ(project::read_folder(folder.path()), before);
  command.overwrite = true;
  EXPECT_EQ(run(create_project, command).exit_code, 0);
  EXPECT_NE(project::read_folder(folder.path()), before);
}

TEST(ProjectCommands, wrong_arguments_are_named_and_nothing_is_written) {
  test::TemporaryFolder folder;
  CreateProject command = example(folder / "new");
  command.project.id = "No Spaces";
  EXPECT_THAT(run(create_project, command).err, HasSubstr("--id"));
  command = example(folder / "new");
  command.project.public_origin = "auth.shop.example";
  const Outcome outcome = run(create_project, command);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("/http/public_origin"));
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
}

TEST(ProjectCommands, validate_prints_every_problem_and_every_warning) {
  test::TemporaryFolder folder;
  run(create_project, example(folder.path()));
  const std::string config = project::read_folder(folder.path()).at("authgear.yaml");
  folder.write("authgear.yaml", config + "search: {implementation: none}\nusage: {}\n");
  const Outcome warned = run(validate_project, folder.path());
  EXPECT_EQ(warned.exit_code, 0);
  EXPECT_THAT(warned.out, HasSubstr("warning: authgear.yaml: /search does nothing yet"));
  EXPECT_THAT(warned.out, HasSubstr("warning: authgear.yaml: /usage does nothing yet"));
  folder.write("authgear.yaml", config + "one: 1\nsession: {lifetime_seconds: x}\n");
  const Outcome bad = run(validate_project, folder.path());
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.err, HasSubstr("error: authgear.yaml: /one: is not a known key\n"));
  EXPECT_THAT(bad.err, HasSubstr("error: authgear.yaml: /session/lifetime_seconds: must be an integer\n"));
  EXPECT_EQ(run(list_projects, folder.path()).exit_code, 1);
  EXPECT_EQ(run(validate_project, folder / "nowhere").exit_code, 1);
  EXPECT_EQ(run(list_projects, folder / "nowhere").exit_code, 1);
}

TEST(ProjectCommands, stand_on_the_command_line) {
  test::TemporaryFolder folder;
  CLI::App app;
  int exit_code = -1;
  add_project_commands(app, exit_code);
  const std::string place = folder / "cli";
  testing::internal::CaptureStdout();
  app.parse("project create --id shop --public-origin https://auth.shop.example --output-folder " + place +
            " --redirect-uri https://shop.example/cb --client-type confidential --smtp-host smtp.shop.example");
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("wrote "));
  EXPECT_EQ(exit_code, 0);
  const auto loaded = project::load(project::read_folder(place));
  ASSERT_EQ(loaded.project->config.oauth_clients.size(), 1U);
  EXPECT_EQ(loaded.project->config.oauth_clients[0].application_type, project::ApplicationType::confidential);
  EXPECT_EQ(loaded.project->secrets.smtp->host, "smtp.shop.example");
  EXPECT_EQ(loaded.project->secrets.smtp->port, 587);
  EXPECT_THROW(app.parse("project"), CLI::ParseError);
  EXPECT_THROW(app.parse("project create --id x"), CLI::ParseError);
}

}  // namespace
}  // namespace gatehouse::main
