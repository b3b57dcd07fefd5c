#include "project/registry.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/project_files.h"
#include "support/temporary_folder.h"

namespace gatehouse::project {
namespace {

std::string with_origin(const std::string& origin) { return "id: app\nhttp: {public_origin: '" + origin + "'}\n"; }

void put(const test::TemporaryFolder& folder, const std::string& config) {
  for (const auto& [name, content] : test::files(config)) {
    folder.write(name, content);
  }
}

// As if nothing had been written lately: a look is believed then.
void settle(const test::TemporaryFolder& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    std::filesystem::last_write_time(entry.path(),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours{1});
  }
}

struct World {
  explicit World(const std::string& origin = "http://app.localhost:3000") { put(folder, with_origin(origin)); }
  test::TemporaryFolder folder;
};

TEST(FolderRegistry, finds_the_project_by_host_in_any_case) {
  World world;
  FolderRegistry registry(world.folder.path());
  ASSERT_NE(registry.find_by_host("app.localhost:3000"), nullptr);
  EXPECT_EQ(registry.find_by_host("App.LOCALHOST:3000"), registry.find_by_host("app.localhost:3000"));
  for (const auto* other : {"app.localhost", "app.localhost:80", "app.localhost:3000:80", "localhost:3000", "",
                            "evil.example", "app.localhost:3000.evil.example"}) {
    EXPECT_EQ(registry.find_by_host(other), nullptr) << other;
  }
  EXPECT_NE(registry.find_by_id(ProjectId{"app"}), nullptr);
  EXPECT_EQ(registry.find_by_id(ProjectId{"other"}), nullptr);
}

TEST(FolderRegistry, the_schemes_own_port_may_be_said_or_left_out) {
  for (const auto& [origin, port] : {std::pair{"https://Auth.example.com", ":443"},
                                     {"https://auth.example.com:443", ":443"},
                                     {"http://auth.example.com", ":80"}}) {
    World world(origin);
    FolderRegistry registry(world.folder.path());
    EXPECT_NE(registry.find_by_host("auth.example.com"), nullptr) << origin;
    EXPECT_NE(registry.find_by_host(std::string("auth.example.com") + port), nullptr) << origin;
    EXPECT_EQ(registry.find_by_host("auth.example.com:8443"), nullptr) << origin;
  }
}

TEST(FolderRegistry, a_changed_file_is_served_after_a_refresh_and_old_handles_live_on) {
  World world;
  FolderRegistry registry(world.folder.path());
  const Handle before = registry.find_by_host("app.localhost:3000");
  EXPECT_FALSE(registry.refresh());
  put(world.folder, with_origin("http://new.localhost:3000"));
  EXPECT_TRUE(registry.refresh());
  EXPECT_EQ(registry.find_by_host("app.localhost:3000"), nullptr);
  ASSERT_NE(registry.find_by_host("new.localhost:3000"), nullptr);
  EXPECT_NE(registry.find_by_host("new.localhost:3000")->version, before->version);
  EXPECT_EQ(before->origin(), "http://app.localhost:3000");
  EXPECT_FALSE(registry.refresh());
}

TEST(FolderRegistry, a_bad_new_version_leaves_the_last_good_one_serving_and_says_why) {
  World world;
  FolderRegistry registry(world.folder.path());
  const Handle good = registry.find_by_host("app.localhost:3000");
  EXPECT_EQ(registry.problem(), "");
  put(world.folder, with_origin("http://app.localhost:3000") + "nonsense: 1\n");
  EXPECT_FALSE(registry.refresh());
  EXPECT_EQ(registry.find_by_host("app.localhost:3000"), good);
  EXPECT_THAT(registry.problem(), testing::HasSubstr("/nonsense"));
  std::filesystem::remove(world.folder / "authgear.yaml");
  EXPECT_FALSE(registry.refresh());
  EXPECT_EQ(registry.find_by_host("app.localhost:3000"), good);
  EXPECT_THAT(registry.problem(), testing::HasSubstr("is missing"));
  put(world.folder, with_origin("http://app.localhost:3000"));
  registry.refresh();
  EXPECT_EQ(registry.problem(), "");
  EXPECT_EQ(registry.find_by_host("app.localhost:3000"), good) << "the same content is the same version";
}

TEST(FolderRegistry, a_bad_gatehouse_yaml_leaves_the_last_good_one_in_force) {
  World world;
  world.folder.write("gatehouse.yaml", "authentication: {hide_unknown_accounts: true}\n");
  FolderRegistry registry(world.folder.path());
  world.folder.write("gatehouse.yaml", "authentication: {hide_unknown_accounts: yes please}\n");
  EXPECT_FALSE(registry.refresh());
  EXPECT_TRUE(registry.current()->config.own.authentication.hide_unknown_accounts);
  EXPECT_THAT(registry.problem(), testing::HasSubstr("gatehouse.yaml: /authentication/hide_unknown_accounts"));
  world.folder.write("gatehouse.yaml", "authentication: {hide_unknown_accounts: false}\n");
  EXPECT_TRUE(registry.refresh());
  EXPECT_FALSE(registry.current()->config.own.authentication.hide_unknown_accounts);
}

TEST(FolderRegistry, a_version_that_the_process_does_not_accept_is_refused_like_a_bad_one) {
  World world;
  const auto only_this_machine = [](const Project& next) {
    if (!next.origin().contains("localhost")) {
      throw std::runtime_error("not on this machine");
    }
  };
  FolderRegistry registry(world.folder.path(), only_this_machine);
  put(world.folder, with_origin("https://auth.example.com"));
  EXPECT_FALSE(registry.refresh());
  EXPECT_EQ(registry.problem(), "not on this machine");
  EXPECT_EQ(registry.current()->origin(), "http://app.localhost:3000");
  EXPECT_THROW(FolderRegistry(world.folder.path(), only_this_machine), std::runtime_error);
  put(world.folder, with_origin("http://other.localhost:3000"));
  EXPECT_TRUE(registry.refresh());
  EXPECT_EQ(registry.problem(), "");
}

TEST(FolderRegistry, what_fails_for_another_reason_than_the_version_is_tried_again) {
  World world;
  int left = 0;
  FolderRegistry registry(world.folder.path(), [&left](const Project&) {
    if (left > 0) {
      --left;
      throw std::bad_alloc();
    }
  });
  put(world.folder, with_origin("http://other.localhost:3000"));
  settle(world.folder);
  left = 1;
  EXPECT_THROW(registry.refresh(), std::bad_alloc);
  EXPECT_TRUE(registry.refresh());
}

TEST(FolderRegistry, a_second_change_within_the_same_moment_is_seen) {
  World world;
  FolderRegistry registry(world.folder.path());
  for (const auto* origin : {"http://one.localhost:3000", "http://two.localhost:3000", "http://six.localhost:3000"}) {
    put(world.folder, with_origin(origin));
    const auto time = std::filesystem::last_write_time(world.folder / "authgear.yaml");
    EXPECT_TRUE(registry.refresh()) << origin;
    std::filesystem::last_write_time(world.folder / "authgear.yaml", time);
  }
}

TEST(FolderRegistry, templates_are_part_of_the_version) {
  World world;
  world.folder.write("templates/en/messages/hello.txt", "hello");
  world.folder.write("reserved_name.txt", "admin");
  world.folder.write("notes.md", "not ours");
  FolderRegistry registry(world.folder.path());
  const Handle project = registry.find_by_id(ProjectId{"app"});
  EXPECT_EQ(project->resource("templates/en/messages/hello.txt"), "hello");
  EXPECT_EQ(project->resource("reserved_name.txt"), "admin");
  EXPECT_EQ(project->resource("notes.md"), std::nullopt);
  world.folder.write("templates/en/messages/hello.txt", "good day");
  EXPECT_TRUE(registry.refresh());
}

TEST(FolderRegistry, a_first_version_that_is_bad_is_refused) {
  test::TemporaryFolder folder;
  EXPECT_THROW(FolderRegistry{folder.path()}, InvalidProject);
  EXPECT_THROW(FolderRegistry{folder / "nowhere"}, InvalidProject);
}

TEST(FolderRegistry, is_asked_by_many_threads_while_it_changes) {
  World world;
  FolderRegistry registry(world.folder.path());
  std::vector<std::jthread> readers;
  std::atomic<int> found = 0;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&](const std::stop_token& stop) {
      do {
        found += registry.find_by_id(ProjectId{"app"}) != nullptr ? 1 : 0;
      } while (!stop.stop_requested());
    });
  }
  for (int i = 0; i < 5; ++i) {
    put(world.folder, with_origin("http://app" + std::to_string(i) + ".localhost:3000"));
    EXPECT_TRUE(registry.refresh());
  }
  readers.clear();
  EXPECT_GT(found, 0);
}

TEST(ReadFolder, what_is_too_large_is_named) {
  World world;
  world.folder.write("templates/huge.html", std::string(1024 * 1024 + 1, 'x'));
  try {
    read_folder(world.folder.path());
    FAIL();
  } catch (const InvalidProject& e) {
    ASSERT_EQ(e.problems().size(), 1U);
    EXPECT_EQ(e.problems()[0].file, "templates/huge.html");
    EXPECT_EQ(e.problems()[0].what, "is larger than 1024 KiB");
  }
  std::filesystem::remove(world.folder / "templates/huge.html");
  world.folder.write("authgear.yaml", std::string(200 * 1024, '#'));
  EXPECT_THROW(load(read_folder(world.folder.path())), InvalidProject);
}

}  // namespace
}  // namespace gatehouse::project
