#include "main/core.h"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "endpoint/doubled_cookie.h"
#include "endpoint/pages.h"
#include "main/health.h"
#include "main/upkeep.h"
#include "platform/http/error_response.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

constexpr Seconds kBackendInterval{1};
constexpr Micros kLastWrites = Seconds{2};  // of the time to drain; of a short one, a quarter

using DressRefusal = decltype(http::ServerOptions::dress_refusal);

http::ServerOptions server_options(Deployment& deployment, std::uint16_t port, bool shares_port,
                                   DressRefusal dress_refusal) {
  const Settings& settings = deployment.settings;
  http::ServerOptions options;
  options.address = settings.main_listen.address;
  options.port = port;
  options.shares_port = shares_port;
  options.limits = settings.http;
  options.trusted_proxies = settings.trusted_proxies;
  options.tls = settings.tls;
  options.metrics = &deployment.metrics;
  options.dress_refusal = std::move(dress_refusal);
  return options;
}

// Everything else that may go wrong here was checked with the settings.
http::Server listening(asio::io_context& io, http::ServerOptions options, http::Handler handle) {
  try {
    return {io, std::move(options), std::move(handle)};
  } catch (const std::runtime_error& e) {
    throw SettingsError("MAIN_LISTEN_ADDR", fmt::format("cannot be used: {}", e.what()));
  }
}

// RFC 6797: https only, where that is what the project is reached by.
void add_transport_security(const project::Project& project, http::Response& response) {
  if (project.secure()) {
    response.set("Strict-Transport-Security", "max-age=31536000");
  }
}

// What is known of the request before its project is.
void carry_over(project::Context& ctx, const Context& outer, const http::Request& request) {
  ctx.request_id = outer.request_id;
  ctx.client_ip = request.client_ip;
  ctx.user_agent = outer.user_agent;
  ctx.client_left = outer.client_left;
  ctx.deadline = outer.deadline;
  ctx.http_url = ctx.project().origin() + request.path;
}

}  // namespace

// The project of a host, with its servers. Kept for the next request: the registry is asked again when it has changed.
struct Core::Served {
  std::string host;
  std::uint64_t version;
  project::Handle project;  // counts its holders on this core only
  std::shared_ptr<Backend> backend;
};

Core::Core(Deployment& deployment, std::uint16_t port, bool shares_port)
    : deployment_(deployment),
      pages_(deployment.pages),
      unknown_host_page_(deployment.pages),
      server_(listening(io_,
                        server_options(deployment, port, shares_port,
                                       [this](const Context& ctx, const http::Request& request,
                                              http::Response& response) { dress_refusal(ctx, request, response); }),
                        [this](Context& ctx, http::Request& request) { return handle(ctx, request); })) {}

Core::~Core() = default;

void Core::prepare(bool keeps_process) {
  backend(*deployment_.projects->current());
  asio::co_spawn(io_, keep_backends(), asio::detached);
  if (keeps_process) {
    const auto database = [this] {
      auto servers = backend(*deployment_.projects->current());
      return std::shared_ptr<postgres::Database>(servers, &servers->database());
    };
    asio::co_spawn(io_, keep_clock(deployment_, database), asio::detached);
    asio::co_spawn(io_, await_schema(deployment_, database), asio::detached);
  }
  if (keeps_process && deployment_.settings.config_source_watch) {
    asio::co_spawn(io_, keep_projects(deployment_), asio::detached);
  }
}

void Core::run() {
  server_.start();
  io_.run();
}

void Core::unwind() {
  for (const auto& [urls, backend] : backends_) {
    backend->cut();
  }
  for (const auto& backend : retired_) {
    backend->cut();
  }
  io_.restart();
  io_.poll();
}

void Core::drain() {
  asio::post(io_, [this] {
    asio::co_spawn(io_, finish(), [this](const std::exception_ptr&) { io_.stop(); });
    asio::co_spawn(io_, stop_after(time_to_drain(deployment_.settings)), asio::detached);
  });
}

// What hangs has no say in when the process ends.
Task<void> Core::stop_after(Micros time) {
  co_await pause(time);
  log::warn("not everything that was in flight is finished");
  io_.stop();
}

Task<void> Core::finish() {
  const Micros all = time_to_drain(deployment_.settings);
  co_await server_.drain(all - std::min(kLastWrites, all / 4));
  while (!backends_.empty()) {
    retired_.push_back(std::move(backends_.extract(backends_.begin()).mapped()));
  }
  for (const auto& backend : retired_) {
    co_await backend->close();
  }
}

Task<void> Core::keep_backends() {
  for (;;) {
    co_await pause(kBackendInterval);
    try {
      publish_load();
      co_await drop_unused_backends();
    } catch (const std::exception& error) {
      log::error("the servers that the project names were not looked at", {{"cause", error.what()}});
    }
  }
}

// Each core adds what has changed of its own since the last time.
void Core::publish_load() {
  DatabaseLoad load;
  const auto add = [&load](const Backend& backend) {
    const auto health = backend.database().health();
    load.leases_in_use += static_cast<std::int64_t>(health.leases_in_use);
    load.statements_waiting += static_cast<std::int64_t>(health.statements_waiting);
  };
  std::ranges::for_each(backends_, [&](const auto& each) { add(*each.second); });
  std::ranges::for_each(retired_, [&](const auto& each) { add(*each); });
  deployment_.leases_in_use += load.leases_in_use - published_.leases_in_use;
  deployment_.statements_waiting += load.statements_waiting - published_.statements_waiting;
  published_ = load;
}

// When the project names other servers: the new ones are connected to, and the old ones go with their last request.
Task<void> Core::drop_unused_backends() {
  const auto current = deployment_.projects->current();
  const auto used = backend(*current);
  if (served_ && served_->backend != used) {
    served_.reset();
  }
  for (auto at = backends_.begin(); at != backends_.end();) {
    if (at->second != used) {
      log::info("the project names other servers; the old ones are left", {{"project", current->id().str()}});
      retired_.push_back(std::move(at->second));
      at = backends_.erase(at);
    } else {
      ++at;
    }
  }
  const auto unused = std::ranges::partition(retired_, [](const auto& backend) { return backend.use_count() > 1; });
  std::vector<std::shared_ptr<Backend>> leaving(unused.begin(), unused.end());
  retired_.erase(unused.begin(), unused.end());
  for (const auto& backend : leaving) {
    co_await backend->close();
  }
}

std::shared_ptr<Backend> Core::backend(const project::Project& project) {
  const auto& secrets = project.secrets;
  const std::string servers = secrets.database_url + '\n' + secrets.database_schema + '\n' + secrets.redis_url;
  const auto known = backends_.find(servers);
  if (known != backends_.end()) {
    return known->second;
  }
  auto made = std::make_shared<Backend>(io_, deployment_, pages_, secrets);
  backends_.emplace(servers, made);
  return made;
}

// Null for an unknown host.
std::shared_ptr<const Core::Served> Core::served(std::string_view host) {
  const auto version = deployment_.projects->version();
  if (!served_ || served_->version != version || served_->host != host) {
    auto project = deployment_.projects->find_by_host(host);
    if (!project) {
      return nullptr;
    }
    const auto* shared = project.get();
    auto servers = backend(*shared);
    served_ = std::make_shared<Served>(std::string(host), version,
                                       project::Handle(std::make_shared<project::Handle>(std::move(project)), shared),
                                       std::move(servers));
  }
  return served_;
}

Task<http::Response> Core::handle(Context& ctx, http::Request& request) {
  if (auto response = handle_process(request)) {
    co_return std::move(*response);
  }
  auto served = this->served(request.host);
  if (!served) {
    co_return unknown_host(request);
  }
  co_return co_await handle_project(std::move(served), ctx, request);
}

// Strangers learn nothing of the projects; whoever develops on this machine has to.
http::Response Core::unknown_host(const http::Request& request) const {
  if (endpoint::wants_html(request)) {
    return unknown_host_page_.render(deployment_.settings.dev_mode ? deployment_.projects->current()->origin() : "");
  }
  return http::Response::text(http::Status::not_found,
                              "No project is served under this host name. Is http.public_origin right, and does the "
                              "proxy pass the Host header on?\n");
}

// A browser hears of what nothing takes as a page, a program as text or JSON.
void Core::tell_browser(project::Context& ctx, const http::Request& request, http::Response& response) const {
  const auto problem = endpoint::problem_of(response.status);
  if (!problem || !endpoint::wants_html(request)) {
    return;
  }
  auto page = endpoint::render_problem(pages_, ctx, request, *problem);
  if (const auto allow = response.header("Allow")) {
    page.set("Allow", std::string(*allow));
  }
  response = std::move(page);
}

void Core::dress_refusal(const Context& outer, const http::Request& request, http::Response& response) {
  // What was refused early has a host only as it was sent; here it chooses no more than the look of the page.
  const std::string_view host = request.host.empty() ? request.header("Host").value_or("") : request.host;
  const auto served = this->served(host);
  if (!served) {
    return;
  }
  project::Context ctx(served->project, served->backend->database(), deployment_.clock);
  carry_over(ctx, outer, request);
  tell_browser(ctx, request, response);
  add_transport_security(*served->project, response);
}

// What belongs to the process and not to a project.
std::optional<http::Response> Core::handle_process(const http::Request& request) {
  if (request.method != http::Method::get && request.method != http::Method::head) {
    return std::nullopt;
  }
  if (request.path == "/healthz") {
    return http::Response::text(http::Status::ok, "OK\n");
  }
  if (request.path == "/readyz") {
    return readiness(deployment_, backends_, request);
  }
  if (request.path == "/metrics") {
    return metrics(deployment_, backends_, request);
  }
  return std::nullopt;
}

Task<http::Response> Core::handle_project(std::shared_ptr<const Served> served, Context& outer,
                                          http::Request& request) {
  project::Context ctx(served->project, served->backend->database(), deployment_.clock);
  carry_over(ctx, outer, request);
  http::Response response;
  try {
    response = co_await served->backend->router().handle(ctx, request);
  } catch (...) {
    response = http::response_of_current_exception(ctx);
  }
  if (response.status == http::Status::not_found || response.status == http::Status::method_not_allowed) {
    tell_browser(ctx, request, response);
  }
  auto expired = endpoint::expire_doubled_cookies(ctx, request);
  // The last check of a response asks the backend too.
  http::dress_always(response, [served, expired = std::move(expired)](http::Response& leaving) {
    add_transport_security(*served->project, leaving);
    endpoint::add_first(leaving, expired);
  });
  co_return response;
}

}  // namespace gatehouse::main
