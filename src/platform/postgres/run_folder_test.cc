#include "platform/postgres/run_folder.h"

#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gatehouse::postgres {
namespace {

namespace fs = std::filesystem;

class RunFolderTest : public testing::Test {
 protected:
  fs::path make(const std::string& name) const {
    fs::create_directories(under_ / name);
    return under_ / name;
  }

  test::TemporaryFolder folder_;
  fs::path under_ = folder_.path();
};

TEST_F(RunFolderTest, of_a_process_that_is_gone_is_removed) {
  const fs::path folder = make("gatehouse-aaaaaa");
  close(claim_run_folder(folder));  // as the end of the process does
  std::ofstream(folder / ".s.PGSQL.5432") << "socket";
  remove_dead_run_folders(under_);
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(RunFolderTest, of_a_process_that_lives_stays) {
  const fs::path folder = make("gatehouse-aaaaaa");
  const int lock = claim_run_folder(folder);
  remove_dead_run_folders(under_);
  EXPECT_TRUE(fs::exists(folder));
  close(lock);
}

TEST_F(RunFolderTest, what_is_no_run_folder_stays) {
  const fs::path other = make("gatehouse-private-aaaaaa");
  close(claim_run_folder(other));
  const fs::path bare = make("gatehouse-bbbbbb");
  fs::create_directory_symlink(other, under_ / "gatehouse-cccccc");
  remove_dead_run_folders(under_);
  EXPECT_TRUE(fs::exists(other) && fs::exists(bare) && fs::exists(under_ / "gatehouse-cccccc"));
}

}  // namespace
}  // namespace gatehouse::postgres
