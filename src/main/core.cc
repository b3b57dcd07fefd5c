#include "main/core.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "endpoint/doubled_cookie.h"
#include "endpoint/pages.h"
#include "main/health.h"
#include "main/upkeep.h"
#include "platform/http/error_response.h"

namespace gatehouse::main {

namespace {

http::ServerOptions server_options(Deployment& deployment, std::uint16_t port, bool shares_port) {
  const Settings& settings = deployment.settings;
  http::ServerOptions options;
  options.address = settings.main_listen.address;
  options.port = port;
  options.shares_port = shares_port;
  options.limits = settings.http;
  options.trusted_proxies = settings.trusted_proxies;
  options.tls = settings.tls;
  options.metrics = &deployment.metrics;
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

}  // namespace

Core::Core(Deployment& deployment, std::uint16_t port, bool shares_port)
    : deployment_(deployment),
      pages_(deployment.pages),
      server_(listening(io_, server_options(deployment, port, shares_port),
                        [this](Context& ctx, http::Request& request) { return handle(ctx, request); })) {}

Core::~Core() = default;

void Core::prepare(bool keeps_process) {
  auto& servers = backend(*deployment_.projects->current());
  if (keeps_process) {
    asio::co_spawn(io_, keep_clock(deployment_, servers.database()), asio::detached);
  }
  if (keeps_process && deployment_.settings.config_source_watch) {
    asio::co_spawn(io_, keep_projects(deployment_), asio::detached);
  }
}

void Core::run() {
  server_.start();
  io_.run();
  // What was stopped half-way unwinds while the services that it uses are still there.
  io_.restart();
  io_.poll();
}

void Core::drain() {
  asio::post(io_, [this] { asio::co_spawn(io_, finish(), [this](const std::exception_ptr&) { io_.stop(); }); });
}

Task<void> Core::finish() {
  co_await server_.drain(deployment_.settings.drain);
  for (auto& [servers, backend] : backends_) {
    co_await backend->close();
  }
}

Backend& Core::backend(const project::Project& project) {
  const auto& secrets = project.secrets;
  const std::string servers = secrets.database_url + '\n' + secrets.database_schema + '\n' + secrets.redis_url;
  auto& backend = backends_[servers];
  if (!backend) {
    backend = std::make_unique<Backend>(io_, deployment_, pages_, secrets);
  }
  return *backend;
}

Task<http::Response> Core::handle(Context& ctx, http::Request& request) {
  if (auto response = handle_process(request)) {
    co_return std::move(*response);
  }
  auto project = deployment_.projects->find_by_host(request.host);
  if (!project) {
    co_return http::Response::text(
        http::Status::not_found,
        "No project is served under this host name. Is http.public_origin right, and does the proxy "
        "pass the Host header on?\n");
  }
  co_return co_await handle_project(std::move(project), ctx, request);
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

Task<http::Response> Core::handle_project(project::Handle project, Context& outer, http::Request& request) {
  auto& backend = this->backend(*project);
  project::Context ctx(project, backend.database(), deployment_.clock);
  ctx.request_id = outer.request_id;
  ctx.client_ip = request.client_ip;
  ctx.user_agent = outer.user_agent;
  ctx.deadline = outer.deadline;
  ctx.http_url = project->origin() + request.path;
  http::Response response;
  try {
    response = co_await backend.router().handle(ctx, request);
  } catch (...) {
    response = http::response_of_current_exception(ctx);
  }
  if (response.status == http::Status::not_found && endpoint::wants_html(request)) {
    response = endpoint::render_problem(pages_, ctx, request, {.kind = "missing", .status = http::Status::not_found});
  }
  auto expired = endpoint::expire_doubled_cookies(ctx, request);
  http::dress_always(response, [project, expired = std::move(expired)](http::Response& leaving) {
    add_transport_security(*project, leaving);
    endpoint::add_first(leaving, expired);
  });
  co_return response;
}

}  // namespace gatehouse::main
