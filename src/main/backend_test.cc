#include "main/backend.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "support/project_files.h"
#include "support/temporary_folder.h"

namespace gatehouse::main {
namespace {

// test/routes.json, which tests in TypeScript walk.
std::vector<std::string> walked_routes() {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");  // build/PRESET/bin/main_test
  std::ifstream file(program.parent_path() / "../../../test/routes.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return boost::json::value_to<std::vector<std::string>>(boost::json::parse(text));
}

// A route that is new here is to be added there: then a hostile host and the like are sent to it too.
TEST(Backend, has_the_routes_that_the_tests_walk) {
  test::TemporaryFolder folder;
  for (const auto& [name, content] : test::files("id: app\nhttp: {public_origin: 'http://app.localhost:3000'}\n")) {
    folder.write(name, content);
  }
  Deployment deployment({.threads = 1}, crypto::KeyRing::parse(crypto::KeyRing::generate()),
                        std::make_unique<project::FolderRegistry>(folder.path()));
  const endpoint::PageRenderer pages(deployment.pages);
  asio::io_context io{1};
  project::Secrets nowhere;
  nowhere.database_url = "postgres://127.0.0.1:1/none";
  nowhere.redis_url = "redis://127.0.0.1:1";
  Backend backend(io, deployment, pages, nowhere);
  auto routes = backend.router().routes();
  std::ranges::sort(routes);
  EXPECT_THAT(routes, testing::ElementsAreArray(walked_routes()));
  backend.cut();
  io.poll();
}

}  // namespace
}  // namespace gatehouse::main
