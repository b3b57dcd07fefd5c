// The limit of everything that asks PostgreSQL once: prepared selects by primary key through one core's connections.
// Usage: bench_select URL SCHEMA SECONDS USER [IN FLIGHT]
#include <cstdlib>

#include <boost/asio/co_spawn.hpp>

#include "bench/measured.h"
#include "platform/postgres/database.h"

using namespace gatehouse;

namespace {

struct Counted {
  std::uint64_t operations = 0;
  int running = 0;
};

Task<void> select(postgres::Database& database, std::string user, const bench::Stopwatch& watch, double seconds,
                  Counted& counted) {
  static constexpr postgres::Sql kSql = "SELECT id FROM _auth_user WHERE app_id = $1 AND id = $2";
  while (watch.seconds() < seconds) {
    Context ctx;
    ctx.deadline = boot_time() + Seconds{5};
    const auto result = co_await database.run(ctx, kSql, postgres::Params(std::string("development"), user));
    counted.operations += result.rows();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    return 2;
  }
  const double seconds = std::atof(argv[3]);
  const int in_flight = argc > 5 ? std::atoi(argv[5]) : 32;
  asio::io_context io{1};
  postgres::DatabaseOptions options;
  options.url = argv[1];
  options.schema = argv[2];
  postgres::Database database(io, options);
  const bench::Stopwatch watch;
  Counted counted;
  for (counted.running = 0; counted.running < in_flight; ++counted.running) {
    asio::co_spawn(io, select(database, argv[4], watch, seconds, counted), [&](const std::exception_ptr& failure) {
      if (failure) {
        std::rethrow_exception(failure);
      }
      if (--counted.running == 0) {
        watch.print(counted.operations);
        database.close();
        io.stop();
      }
    });
  }
  io.run();
}
