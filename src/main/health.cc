#include "main/health.h"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "platform/base/ascii.h"
#include "platform/http/address.h"

namespace gatehouse::main {

namespace {

constexpr Micros kLargestSkew = Seconds{30};

boost::json::object describe(const Backend& backend) {
  const auto database = backend.database().health();
  return {{"database", database.reachable ? "ok" : "unreachable"},
          {"redis", backend.redis().reachable() ? "ok" : "unreachable"}};
}

bool is_a_proxys(const http::Header& header) {
  static constexpr std::array<std::string_view, 6> kNames{
      "forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"};
  const std::string name = lower_case(header.name);
  return name.starts_with("x-forwarded-") || std::ranges::find(kNames, name) != kNames.end();
}

// From this machine, and not through a proxy on it: most proxies pass the public host on or say who asked.
bool is_local(const http::Request& request) {
  return http::names_this_machine(request.peer_ip) && http::names_this_machine(request.host) &&
         std::ranges::none_of(request.headers, is_a_proxys);
}

}  // namespace

http::Response readiness(const Deployment& deployment, const Backends& backends, const http::Request& request) {
  boost::json::array problems;
  if (deployment.draining) {
    problems.push_back("draining");
  }
  if (!deployment.clock.steady()) {
    problems.push_back("the clock jumped against the database's; waiting for a second measurement");
  }
  if (deployment.schema_is_behind) {
    problems.push_back("the database lacks tables of this version; run 'gatehouse migrate up'");
  }
  boost::json::array servers;
  for (const auto& [urls, backend] : backends) {
    servers.push_back(describe(*backend));
  }
  boost::json::object body{
      {"ready", problems.empty()}, {"problems", std::move(problems)}, {"servers", std::move(servers)}};
  if (const std::string problem = deployment.projects->problem(); !problem.empty()) {
    body["configuration"] = "the newest version is not valid; the last good one is served";
    if (is_local(request)) {
      body["reason"] = problem;
    }
  }
  const auto status = body["ready"].as_bool() ? http::Status::ok : http::Status::service_unavailable;
  return http::Response::json(status, boost::json::serialize(body));
}

std::optional<http::Response> metrics(Deployment& deployment, const Backends& backends, const http::Request& request) {
  if (!is_local(request)) {
    return std::nullopt;
  }
  const auto skew = deployment.clock.wall_clock_skew();
  deployment.metrics.gauge("gatehouse_clock_skew_seconds", std::chrono::duration<double>(skew).count());
  deployment.metrics.gauge("gatehouse_clock_skewed", std::chrono::abs(skew) > kLargestSkew ? 1 : 0);
  deployment.metrics.gauge("gatehouse_cpu_pool_waiting", static_cast<double>(deployment.cpu.waiting()));
  deployment.metrics.gauge("gatehouse_configuration_valid", deployment.projects->problem().empty() ? 1 : 0);
  deployment.metrics.gauge("gatehouse_database_leases_in_use", static_cast<double>(deployment.leases_in_use));
  deployment.metrics.gauge("gatehouse_database_statements_waiting", static_cast<double>(deployment.statements_waiting));
  const auto& test_mode = deployment.projects->current()->config.test_mode;
  deployment.metrics.gauge("gatehouse_test_mode",
                           test_mode.fixed_oob_otp_enabled || test_mode.email_suppressed ? 1 : 0);
  const auto all = [&](auto reachable) { return std::ranges::all_of(backends, reachable) ? 1 : 0; };
  deployment.metrics.gauge("gatehouse_database_reachable",
                           all([](const auto& each) { return each.second->database().health().reachable; }));
  deployment.metrics.gauge("gatehouse_redis_reachable",
                           all([](const auto& each) { return each.second->redis().reachable(); }));
  auto response = http::Response::text(http::Status::ok, deployment.metrics.expose());
  response.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

}  // namespace gatehouse::main
