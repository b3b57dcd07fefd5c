#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "endpoint/unknown_host.h"
#include "main/health.h"
#include "platform/http/server.h"

namespace gatehouse::main {

// One core: a thread with its own event loop, listening socket, connections and caches. Nothing of it is touched from
// outside but through its event loop.
class Core {
 public:
  // `port` 0: any free one. `shares_port`: joins the first core's listener.
  Core(Deployment& deployment, std::uint16_t port, bool shares_port);
  ~Core();

  // Connects to the servers of the project, and starts what goes on in the background; `keeps_process`: also what one
  // core does for all.
  void prepare(bool keeps_process);

  std::uint16_t port() const { return server_.port(); }
  void run();  // the thread's work; returns when drained
  // After run(), once no other thread gives it anything any more: what was stopped half-way unwinds, while the services
  // that it uses are still there.
  void unwind();

  // From any thread: stops accepting, finishes what is in flight, then ends run(), at the latest a
  // little before the drain time is over.
  void drain();

 private:
  Task<void> finish();
  Task<void> stop_after(Micros time);
  Task<void> keep_backends();
  void publish_load();
  Task<void> drop_unused_backends();
  std::shared_ptr<Backend> backend(const project::Project& project);
  struct DatabaseLoad {
    std::int64_t leases_in_use = 0;
    std::int64_t statements_waiting = 0;
  };
  struct Served;
  std::shared_ptr<const Served> served(std::string_view host);
  Task<http::Response> handle(Context& ctx, http::Request& request);
  Task<http::Response> handle_project(std::shared_ptr<const Served> served, Context& ctx, http::Request& request);
  std::optional<http::Response> handle_process(const http::Request& request);
  http::Response unknown_host(const http::Request& request) const;
  void tell_browser(project::Context& ctx, const http::Request& request, http::Response& response) const;
  void dress_refusal(const Context& outer, const http::Request& request, http::Response& response);

  Deployment& deployment_;
  asio::io_context io_{1};
  endpoint::PageRenderer pages_;
  endpoint::UnknownHostPage unknown_host_page_;
  Backends backends_;
  std::shared_ptr<const Served> served_;           // lately
  std::vector<std::shared_ptr<Backend>> retired_;  // of servers that the project names no more
  DatabaseLoad published_;
  http::Server server_;
};

}  // namespace gatehouse::main
