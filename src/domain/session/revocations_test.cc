#include "domain/session/revocations.h"

namespace gatehouse::session {
namespace {

TEST(RevocationBoard, tells_each_reader_what_it_has_not_read) {
  RevocationBoard board;
  const auto before = board.version();
  board.post({"a", "b"});
  const auto between = board.version();
  board.post({"c"});
  EXPECT_EQ(board.since(before), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(board.since(between), (std::vector<std::string>{"c"}));
  EXPECT_EQ(board.since(board.version()), std::vector<std::string>{});
}

TEST(RevocationBoard, says_so_when_a_reader_is_too_late_to_know_all) {
  RevocationBoard board;
  const auto before = board.version();
  for (int i = 0; i < 10'000; ++i) {
    board.post({std::to_string(i)});
  }
  EXPECT_EQ(board.since(before), std::nullopt);
  EXPECT_EQ(board.since(board.version() - 1), std::vector<std::string>{"9999"});
}

}  // namespace
}  // namespace gatehouse::session
