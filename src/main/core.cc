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
    co_return unknown_host(request);
  }
  co_return co_await handle_project(std::move(project), ctx, request);
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
  const auto project = deployment_.projects->find_by_host(host);
  if (!project) {
    return;
  }
  project::Context ctx(project, backend(*project).database(), deployment_.clock);
  carry_over(ctx, outer, request);
  tell_browser(ctx, request, response);
  add_transport_security(*project, response);
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
  carry_over(ctx, outer, request);
  http::Response response;
  try {
    response = co_await backend.router().handle(ctx, request);
  } catch (...) {
    response = http::response_of_current_exception(ctx);
  }
  if (response.status == http::Status::not_found || response.status == http::Status::method_not_allowed) {
    tell_browser(ctx, request, response);
  }
  auto expired = endpoint::expire_doubled_cookies(ctx, request);
  http::dress_always(response, [project, expired = std::move(expired)](http::Response& leaving) {
    add_transport_security(*project, leaving);
    endpoint::add_first(leaving, expired);
  });
  co_return response;
}

}  // namespace gatehouse::main
