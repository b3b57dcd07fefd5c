#include "domain/consume/consume.h"

#include "support/postgres_proxy.h"
#include "support/token_process.h"

namespace gatehouse::consume {
namespace {

using test::Process;
using test::TestProject;

constexpr postgres::Sql kMark =
    "INSERT INTO _gatehouse_lease (process_id, renewed_at) SELECT $2, now() WHERE $1::text IS NOT NULL";
constexpr postgres::Sql kMarks = "SELECT count(*) FROM _gatehouse_lease WHERE $1::text IS NOT NULL";

class Consume : public testing::Test {
 protected:
  Artefact artefact(std::string identifier = "an identifier", std::string kind = "test") {
    return Artefact{std::move(kind), std::move(identifier), expiry_day(a_.core->now())};
  }
  // A write whose happening can be counted.
  postgres::Batch mark() {
    postgres::Batch batch;
    batch.add(kMark, a_.core->app_id(), uuid_v4());
    return batch;
  }
  std::int64_t marks() { return a_.value<std::int64_t>(kMarks, a_.core->app_id()); }
  Outcome use(Artefact what) { return a_.run(commit(a_.core, std::move(what), mark())); }

  std::string url_ = test::fresh_database();
  project::Handle project_ = TestProject{}.database(url_).build();
  Process a_{project_};
};

TEST_F(Consume, writes_the_first_time_only) {
  EXPECT_EQ(use(artefact()), Outcome::done);
  EXPECT_EQ(use(artefact()), Outcome::already_used);
  EXPECT_EQ(marks(), 1);
}

TEST_F(Consume, tells_kinds_identifiers_and_projects_apart) {
  Process other(TestProject{"other"}.database(url_).build());
  EXPECT_EQ(use(artefact()), Outcome::done);
  EXPECT_EQ(use(artefact("another identifier")), Outcome::done);
  EXPECT_EQ(use(artefact("an identifier", "another test")), Outcome::done);
  EXPECT_EQ(other.run(commit(other.core, artefact(), mark())), Outcome::done);
}

TEST_F(Consume, writes_nothing_and_uses_nothing_where_the_batch_fails) {
  static constexpr postgres::Sql kRefuse = "SELECT _gatehouse_require(false, $1)";
  auto batch = mark();
  batch.add(kRefuse, "never");
  EXPECT_THROW(a_.run(commit(a_.core, artefact(), batch)), postgres::StatementError);
  EXPECT_EQ(marks(), 0);
  EXPECT_EQ(use(artefact()), Outcome::done);
}

TEST_F(Consume, a_hundred_times_at_once_by_two_processes_writes_once) {
  Process b(project_);
  std::atomic<int> done = 0;
  const auto spend = [](Process& process, Artefact what, std::atomic<int>& count) -> Task<void> {
    postgres::Batch batch;
    batch.add(kMark, process.core->app_id(), uuid_v4());
    const auto ctx = process.core.another();
    if (co_await commit(*ctx, std::move(what), std::move(batch)) == Outcome::done) {
      ++count;
    }
  };
  std::vector<std::thread> threads;
  for (Process* process : {&a_, &b}) {
    threads.emplace_back([&, process] {
      process->core.io.restart();
      int ended = 0;
      for (int i = 0; i < 50; ++i) {
        asio::co_spawn(process->core.io.get_executor(), spend(*process, artefact(), done),
                       [&ended](const std::exception_ptr& error) { ended += error ? 1000 : 1; });
      }
      while (ended < 50 && process->core.io.run_one_for(Seconds{20}) > 0) {
      }
      EXPECT_EQ(ended, 50);
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(done, 1);
  EXPECT_EQ(marks(), 1);
}

TEST_F(Consume, is_done_and_once_though_the_answer_to_its_commit_was_lost) {
  test::PostgresProxy proxy(url_);
  Process behind(TestProject{}.database(proxy.url()).build());
  EXPECT_EQ(behind.run(commit(behind.core, artefact("warm"), mark())), Outcome::done);
  proxy.lose_answers(1);
  EXPECT_EQ(behind.run(commit(behind.core, artefact(), mark())), Outcome::done);
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(marks(), 2);
  EXPECT_EQ(use(artefact()), Outcome::already_used);
}

TEST_F(Consume, says_so_when_nobody_knows_and_has_still_written_at_most_once) {
  test::PostgresProxy proxy(url_);
  Process behind(TestProject{}.database(proxy.url()).build());
  EXPECT_EQ(behind.run(commit(behind.core, artefact("warm"), mark())), Outcome::done);
  proxy.lose_answers(100);
  EXPECT_THROW(behind.run(commit(behind.core, artefact(), mark())), Error);
  EXPECT_GE(proxy.lost(), 1);
  EXPECT_EQ(marks(), 2);
  EXPECT_EQ(use(artefact()), Outcome::already_used);
}

TEST_F(Consume, of_nothing_in_particular_writes_once_though_an_answer_was_lost) {
  test::PostgresProxy proxy(url_);
  Process behind(TestProject{}.database(proxy.url()).build());
  behind.run(commit(behind.core, mark()));
  proxy.lose_answers(2);
  behind.run(commit(behind.core, mark()));
  EXPECT_EQ(marks(), 2);
}

TEST_F(Consume, gives_one_and_the_same_successor_to_a_refresh_whose_answer_was_lost) {
  test::PostgresProxy proxy(url_);
  Process behind(TestProject{}.rotation().database(proxy.url()).build());
  Process direct(TestProject{}.rotation().database(url_).build());
  const auto user = behind.add_user();
  auto token = *behind.sign_in(user).refresh_token;
  token = behind.refresh(token).refresh_token.value();
  proxy.lose_answers(2);
  const auto successor = behind.refresh(token).refresh_token;
  EXPECT_EQ(proxy.lost(), 2);
  EXPECT_EQ(direct.refresh(token).refresh_token, successor);
  EXPECT_TRUE(direct.refresh_token_works(successor.value()));
}

TEST_F(Consume, gives_the_tokens_of_a_code_whose_exchange_lost_its_answer) {
  test::PostgresProxy proxy(url_);
  Process behind(TestProject{}.database(proxy.url()).build());
  const auto user = behind.add_user();
  behind.sign_in(user);
  const auto code = behind.add_code(behind.code_grant(user));
  proxy.lose_answers(1, 1);  // the look-up is answered, the commit is not
  const auto tokens = behind.exchange(code);
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_TRUE(a_.access_token_works(tokens.access_token));
  EXPECT_TRUE(a_.refresh_token_works(*tokens.refresh_token));
}

TEST(ExpiryDay, is_the_day_in_utc) {
  EXPECT_EQ(expiry_day(from_unix_seconds(0)), std::chrono::sys_days{});
  EXPECT_EQ(expiry_day(from_unix_seconds(86'399)), std::chrono::sys_days{});
  EXPECT_EQ(expiry_day(from_unix_seconds(86'400)), std::chrono::sys_days{std::chrono::days{1}});
}

}  // namespace
}  // namespace gatehouse::consume
