// One core that answers a constant: the limit of everything that speaks HTTP here.
// Usage: bench_http_constant [PORT] [LOG LEVEL: info|warn]; prints its port, ends by SIGTERM with a drain.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "platform/http/server.h"
#include "platform/telemetry/log.h"

using namespace gatehouse;

namespace {

Task<http::Response> hello(Context&, const http::Request&) {
  co_return http::Response::text(http::Status::ok, "Hello, world!\n");
}

void raise_open_files_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  raise_open_files_limit();
  if (argc > 2 && std::string_view{argv[2]} == "warn") {
    log::set_level(log::Level::warn);
  }
  asio::io_context io{1};
  http::ServerOptions options;
  options.port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : 0;
  http::Server server(io, options, hello);
  server.start();
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code&, int) {
    asio::co_spawn(io, server.drain(Seconds{5}), [&](const std::exception_ptr&) { io.stop(); });
  });
  io.run();
}
