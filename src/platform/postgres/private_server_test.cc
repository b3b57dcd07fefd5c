#include "platform/postgres/private_server.h"

#include <chrono>
#include <csignal>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace gatehouse::postgres {
namespace {

namespace fs = std::filesystem;

class PrivateServerTest : public testing::Test {
 protected:
  PrivateServerOptions options() const { return {.data = folder_ / "data", .run = folder_ / "run", .fsync = false}; }

  static std::string ask(const std::string& url, const char* sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql), &PQclear);
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
      return "done";
    }
    return PQntuples(result.get()) == 1 ? PQgetvalue(result.get(), 0, 0) : PQerrorMessage(connection.get());
  }

  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(PrivateServerTest, what_was_written_is_there_at_the_next_start_and_after_a_crash) {
  {
    PrivateServer server(options());
    EXPECT_TRUE(server.create_database("people"));
    EXPECT_FALSE(server.create_database("people"));
    EXPECT_EQ(ask(server.url("people"), "CREATE TABLE t AS SELECT 7 AS n"), "done");
    server.kill();
    server.start();
    EXPECT_EQ(ask(server.url("people"), "SELECT n FROM t"), "7");
  }
  PrivateServer server(options());
  EXPECT_EQ(ask(server.url("people"), "SELECT n FROM t"), "7");
}

TEST_F(PrivateServerTest, it_is_stopped_in_time_also_where_a_process_of_it_hangs) {
  auto impatient = options();
  impatient.stop_time = std::chrono::seconds{1};
  PrivateServer server(impatient);
  ::kill(server.pid(), SIGSTOP);
  server.stop();
  server.start();
  EXPECT_EQ(ask(server.url(), "CREATE TABLE t AS SELECT 7 AS n"), "done");
  const std::unique_ptr<PGconn, decltype(&PQfinish)> session(PQconnectdb(server.url().c_str()), &PQfinish);
  const pid_t hangs = PQbackendPID(session.get());
  ::kill(hangs, SIGSTOP);
  server.stop();
  ::kill(hangs, SIGKILL);
  server.start();
  EXPECT_EQ(ask(server.url(), "SELECT n FROM t"), "7");
}

TEST_F(PrivateServerTest, it_listens_on_a_socket_that_only_its_user_can_reach) {
  PrivateServer server(options());
  EXPECT_EQ(ask(server.url(), "SHOW listen_addresses"), "");
  EXPECT_EQ(ask(server.url(), "SHOW server_encoding"), "UTF8");
  struct stat info{};
  ASSERT_EQ(stat(server.run().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(PrivateServerTest, a_second_one_on_the_same_folder_is_refused) {
  PrivateServer server(options());
  auto second = options();
  second.run = folder_ / "other";
  second.previous = std::chrono::seconds{0};
  EXPECT_THROW(PrivateServer{second}, std::runtime_error);
}

TEST_F(PrivateServerTest, it_dies_with_its_parent_and_the_next_start_takes_over) {
  const pid_t parent = fork();
  if (parent == 0) {
    PrivateServer server(options());
    _exit(ask(server.url(), "CREATE TABLE left_behind ()") == "done" ? 0 : 1);  // no destructor runs
  }
  int status = 0;
  waitpid(parent, &status, 0);
  PrivateServer server(options());
  EXPECT_EQ(ask(server.url(), "SELECT count(*) FROM left_behind"), "0");
}

TEST_F(PrivateServerTest, a_run_folder_too_long_for_a_socket_is_refused) {
  auto wrong = options();
  wrong.run = folder_ / std::string(100, 'x');
  EXPECT_THROW(PrivateServer{wrong}, std::runtime_error);
}

TEST_F(PrivateServerTest, a_folder_that_the_servers_user_cannot_enter_is_replaced) {
  if (geteuid() != 0) {
    EXPECT_EQ(private_data_folder(folder_ / "data"), folder_ / "data");
    return;
  }
  fs::permissions(folder_, fs::perms{0700});
  const fs::path moved = private_data_folder(folder_ / "data");
  EXPECT_EQ(moved.string().substr(0, 19), "/var/lib/gatehouse/");
  EXPECT_EQ(moved, private_data_folder(folder_ / "data"));
}

}  // namespace
}  // namespace gatehouse::postgres
