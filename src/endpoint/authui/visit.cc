#include "endpoint/authui/visit.h"

#include <utility>

#include <boost/json.hpp>

#include "endpoint/authui/steps.h"

namespace gatehouse::authui {

namespace {

constexpr std::string_view kKept[] = {"client_id", "redirect_uri", "state",         "x_state",
                                      "x_ref",     "ui_locales",   "x_color_scheme"};
constexpr std::size_t kLongestKept = 2048;

std::string redirect_uri_of(const Visit& visit) {
  const auto* uri = visit.sign_in ? visit.sign_in->authorization_request.if_contains("redirect_uri") : nullptr;
  return uri != nullptr && uri->is_string() ? std::string(uri->get_string()) : std::string();
}

}  // namespace

Task<Visit> arrive(const Services& services, project::Context& ctx, const http::Request& request) {
  Visit visit;
  visit.browser = identify_browser(ctx, request);
  visit.step = request.query.get_or("x_step", "");
  const std::string x_ref = request.query.get_or("x_ref", "");
  if (!x_ref.empty()) {
    visit.sign_in = co_await services.find_sign_in(ctx, x_ref);
    visit.sign_in_lost = !visit.sign_in;
  }
  const std::string client = visit.sign_in ? visit.sign_in->client_id : request.query.get_or("client_id", "");
  visit.client = ctx.project().client(project::ClientId{client});
  if (visit.client != nullptr) {
    ctx.client_id = client;
  }
  visit.memory = recall(services.keys, ctx, request, visit.browser, visit.step);
  co_return visit;
}

std::string path_with_query(std::string_view path, const http::Request& request, std::string_view step) {
  http::Fields query;
  for (const std::string_view name : kKept) {
    if (auto value = request.query.get(name); value && value->size() <= kLongestKept) {
      query.add(std::string(name), std::move(*value));
    }
  }
  if (!step.empty()) {
    query.add("x_step", std::string(step));
  }
  return query.all().empty() ? std::string(path) : std::string(path) + "?" + http::encode_form(query);
}

http::Response go_to(const http::Request& request, const std::string& location, std::string_view action) {
  if (request.method == http::Method::post && request.header("X-Authgear-XHR") == "true") {
    return http::Response::json(
        http::Status::ok, boost::json::serialize(boost::json::object{{"redirect_uri", location}, {"action", action}}));
  }
  http::Response response = http::Response::redirect(http::Status::found, location);
  response.set("Cache-Control", "no-store");
  return response;
}

http::Response stop(const Services& services, project::Context& ctx, const http::Request& request, const Visit& visit,
                    endpoint::Problem problem) {
  if (visit.client != nullptr) {
    problem.client = endpoint::display_name(*visit.client);
    problem.client_uri = endpoint::home_of(*visit.client, redirect_uri_of(visit));
  }
  http::Response response = endpoint::render_problem(services.pages, ctx, request, problem);
  remember_browser(ctx, response, visit.browser);
  return response;
}

endpoint::Problem problem_of(const Error& error, const http::Request& request) {
  endpoint::Problem problem = endpoint::problem_of(error);
  problem.again = path_with_query(request.path, request, request.query.get_or("x_step", ""));
  if (error.reason() == "AuthenticationFlowNoPublicSignup" || error.reason() == "NoPublicSignup") {
    problem.kind = "closed";
    problem.again = path_with_query(kLoginPath, request);
  } else if (error.reason() == "AuthenticationFlowNotFound") {
    problem.kind = "outdated";
    problem.again = path_with_query(kLoginPath, request);
  }
  return problem;
}

}  // namespace gatehouse::authui
