#include "endpoint/pages.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/chrono.h>

namespace gatehouse::endpoint {

namespace {

namespace json = boost::json;

constexpr int kSaidInMinutes = 90;  // seconds from which on a wait is told in minutes

// "fieldnote.example" of "https://fieldnote.example:444/cb"; the scheme of an application's own
// ("org.fieldnote.app:/cb").
std::string place_of(std::string_view uri) {
  const std::size_t colon = std::min(uri.find(':'), uri.size());
  if (uri.substr(colon).starts_with("://") && uri.starts_with("http")) {
    uri.remove_prefix(colon + 3);
    return std::string(uri.substr(0, uri.find_first_of("/?#")));
  }
  return std::string(uri.substr(0, colon));
}

// "https://fieldnote.example:444/" of "https://fieldnote.example:444/cb".
std::string front_page_of(std::string_view uri) {
  const std::size_t host = uri.find("://") + 3;
  return std::string(uri.substr(0, uri.find_first_of("/?#", host))) + "/";
}

// A loopback address without a port stands for a program that listens for a moment, on any port (RFC 8252 7.3).
bool is_place_on_the_web(const std::string& uri) {
  const std::string front = web_link(uri).empty() ? std::string() : front_page_of(uri);
  return !front.empty() && front != "http://127.0.0.1/" && front != "http://[::1]/" && front != "http://localhost/";
}

// What follows the key in the order of how much can be done: start again here, go back to the client, or neither.
std::string lede_of(const text::Translations& texts, const Problem& problem) {
  const std::string key = "problem." + problem.kind + ".lede";
  if (problem.kind == "rate" && problem.retry_after > 0) {
    return key + (problem.retry_after < kSaidInMinutes ? "_seconds" : "_minutes");
  }
  const std::string variant = !problem.again.empty() ? "" : !problem.client.empty() ? "_client" : "_alone";
  return texts.has(key + variant) ? key + variant : key;
}

json::object item(const text::Translations& texts, std::string_view icon, std::string_view key,
                  std::string detail = {}) {
  json::object item;
  item["text"] = texts(key);
  item["detail"] = detail;
  item[icon] = true;
  return item;
}

json::object item_of_scope(const text::Translations& texts, const std::string& scope, const ConsentPage& page) {
  if (scope == "openid") {
    return item(texts, "is_key", "consent.identify", texts("consent.identify_detail"));
  }
  if (scope == "profile") {
    return item(texts, "is_person", "consent.profile", page.name);
  }
  if (scope == "email") {
    return item(texts, "is_mail", "consent.email", page.login_id.contains('@') ? page.login_id : std::string());
  }
  if (scope == "phone") {
    return item(texts, "is_phone", "consent.phone");
  }
  if (scope == "address") {
    return item(texts, "is_home", "consent.address");
  }
  if (scope == "offline_access") {
    const auto days = std::chrono::floor<std::chrono::days>(page.client->refresh_token_lifetime).count();
    return item(
        texts, "is_clock", "consent.offline",
        days > 0 ? texts("consent.offline_days", {{"days", std::to_string(days)}}) : texts("consent.offline_detail"));
  }
  if (scope == "https://authgear.com/scopes/full-userinfo") {
    return item(texts, "is_person", "consent.userinfo");
  }
  json::object other = item(texts, "is_key", "consent.other");
  other["text"] = texts("consent.other", {{"scope", scope}});
  return other;
}

json::array ways_of(const text::Translations& texts, const Look& look, const Problem& problem) {
  json::array ways;
  const auto add = [&](std::string_view id, std::string href, std::string text) {
    if (!href.empty()) {
      ways.push_back({{"id", id}, {"href", href}, {"text", text}, {"primary", ways.empty()}});
    }
  };
  const bool passes = problem.kind == "unavailable" || problem.kind == "rate" || problem.kind == "unexpected";
  const std::string again = passes                      ? "problem.retry"
                            : problem.kind == "closed"  ? "problem.sign_in"
                            : problem.kind == "missing" ? "problem.start"
                                                        : "problem.again";
  add("start-again", problem.again, texts(again));
  if (!problem.client.empty()) {
    add("back-to-app", web_link(problem.client_uri), texts("op_error.back", {{"client", problem.client}}));
  }
  add("get-help", look.support_url, texts("problem.help"));
  return ways;
}

}  // namespace

Problem problem_of(const Error& error) {
  Problem problem{.kind = "unexpected", .status = static_cast<http::Status>(http_status(error.kind()))};
  problem.show_reference = error.kind() == ErrorKind::internal_error;
  problem.retry_after = error.retry_after();
  if (error.kind() == ErrorKind::service_unavailable) {
    problem.kind = "unavailable";
  } else if (error.kind() == ErrorKind::too_many_request) {
    problem.kind = "rate";
  } else if (error.kind() == ErrorKind::bad_request || error.kind() == ErrorKind::invalid) {
    problem.kind = "malformed";
  }
  return problem;
}

std::optional<Problem> problem_of(http::Status status) {
  static constexpr std::pair<http::Status, std::string_view> kKinds[] = {
      {http::Status::bad_request, "malformed"},       {http::Status::not_found, "missing"},
      {http::Status::method_not_allowed, "method"},   {http::Status::request_timeout, "slow"},
      {http::Status::payload_too_large, "too_large"},
  };
  const auto found = std::ranges::find(kKinds, status, &std::pair<http::Status, std::string_view>::first);
  if (found == std::end(kKinds)) {
    return std::nullopt;
  }
  return Problem{.kind = std::string(found->second), .status = status, .again = "/"};
}

std::string display_name(const project::OAuthClient& client) {
  return !client.client_name.empty() ? client.client_name : client.name;
}

std::string home_of(const project::OAuthClient& client, std::string_view redirect_uri) {
  if (std::string home = web_link(client.client_uri); !home.empty()) {
    return home;
  }
  const auto& uris = client.redirect_uris;
  auto found = std::ranges::find(uris, redirect_uri);
  if (found == uris.end() || !is_place_on_the_web(*found)) {
    found = std::ranges::find_if(uris, is_place_on_the_web);
  }
  return found != uris.end() ? front_page_of(*found) : std::string();
}

http::Response render_consent(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                              const ConsentPage& page) {
  const auto look = pages.look(ctx, request);
  json::array items;
  for (const std::string& scope : page.scopes) {
    items.push_back(item_of_scope(*look->texts, scope, page));
  }
  json::object values{{"client", display_name(*page.client)},
                      {"maker", ""},
                      {"name", page.name},
                      {"items", std::move(items)},
                      {"return_host", place_of(page.redirect_uri)}};
  if (!page.login_id.empty()) {
    add_who(values, page.login_id);
  }
  return pages.render(ctx, request, "consent", std::move(values));
}

http::Response render_op_error(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                               const OpError& error) {
  const auto look = pages.look(ctx, request);
  std::string back;
  json::object values{{"error", error.error},        {"parameter", error.parameter},
                      {"reason", error.reason},      {"client_id", error.client_id},
                      {"reference", ctx.request_id}, {"bad_redirect", error.parameter == "redirect_uri"}};
  const auto now = std::chrono::floor<Seconds>(ctx.now());
  values["datetime"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(unix_seconds(now)));
  values["time"] = fmt::format("{:%d %b %Y, %H:%M:%S} UTC", fmt::gmtime(unix_seconds(now)));
  if (error.client != nullptr) {
    const std::string name = display_name(*error.client);
    values["client"] = name;
    back = home_of(*error.client);
    values["heading"] = (*look->texts)("op_error.title", {{"client", name}});
  }
  values["has_ways"] = !back.empty() || !look->support_url.empty();
  values["back_url"] = back;
  return pages.render(ctx, request, "op_error", std::move(values), http::Status::bad_request);
}

http::Response render_signed_out(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                                 const project::OAuthClient* client) {
  json::object values;
  if (client != nullptr) {
    values["client"] = display_name(*client);
    values["back_url"] = web_link(client->client_uri);
  }
  return pages.render(ctx, request, "signed_out", std::move(values));
}

http::Response render_problem(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                              const Problem& problem) {
  const auto look = pages.look(ctx, request);
  const text::Translations& texts = *look->texts;
  const std::string key = "problem." + problem.kind;
  const text::Arguments arguments{{"project", look->name},
                                  {"client", problem.client},
                                  {"seconds", std::to_string(problem.retry_after)},
                                  {"minutes", std::to_string((problem.retry_after + 59) / 60)}};
  json::array ways = ways_of(texts, *look, problem);
  json::object values{{"heading", texts(key + ".title", arguments)},
                      {"lede", texts(lede_of(texts, problem), arguments)},
                      {"kind", problem.kind},
                      {"has_ways", !ways.empty()},
                      {"ways", std::move(ways)},
                      {"reference", problem.show_reference ? ctx.request_id : std::string()}};
  http::Response response = pages.render(ctx, request, "problem", std::move(values), problem.status);
  if (problem.retry_after > 0) {
    response.set("Retry-After", std::to_string(problem.retry_after));
  }
  return response;
}

}  // namespace gatehouse::endpoint
