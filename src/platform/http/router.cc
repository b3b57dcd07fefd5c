#include "platform/http/router.h"

#include <algorithm>

#include "platform/base/ascii.h"

namespace gatehouse::http {

namespace {

bool is_pattern(std::string_view path) {
  return path.find("/:") != std::string_view::npos || path.find("/*") != std::string_view::npos ||
         path.find("_:") != std::string_view::npos;
}

// One segment of a pattern: "login", ":id" or "oob_otp_:channel".
bool segment_fits(std::string_view pattern, std::string_view segment, Fields& parameters) {
  const auto colon = pattern.find(':');
  if (colon == std::string_view::npos) {
    return pattern == segment;
  }
  if (!segment.starts_with(pattern.substr(0, colon)) || segment.size() == colon) {
    return false;
  }
  parameters.add(std::string{pattern.substr(colon + 1)}, std::string{segment.substr(colon)});
  return true;
}

std::optional<Fields> match_pattern(std::string_view pattern, std::string_view path) {
  Fields parameters;
  pattern.remove_prefix(1);
  path.remove_prefix(1);
  for (;;) {
    if (pattern.starts_with('*')) {
      parameters.add(std::string{pattern.substr(1)}, std::string{path});
      return parameters;
    }
    const bool pattern_ends = pattern.find('/') == std::string_view::npos;
    const bool path_ends = path.find('/') == std::string_view::npos;
    if (pattern_ends != path_ends || !segment_fits(next_part(pattern, '/'), next_part(path, '/'), parameters)) {
      return std::nullopt;
    }
    if (pattern_ends) {
      return parameters;
    }
  }
}

bool allows(const std::vector<Method>& methods, Method method) {
  const Method wanted = method == Method::head ? Method::get : method;
  return std::ranges::find(methods, wanted) != methods.end() || std::ranges::find(methods, method) != methods.end();
}

std::string allow_header(const std::vector<Method>& methods) {
  std::string allow;
  for (const Method method : methods) {
    allow += allow.empty() ? "" : ", ";
    allow += to_string(method);
    if (method == Method::get && std::ranges::find(methods, Method::head) == methods.end()) {
      allow += ", HEAD";
    }
  }
  return allow;
}

}  // namespace

void RouteTable::add(std::vector<Method> methods, std::string path) {
  auto& places = is_pattern(path) ? patterns_ : literals_[path];
  places.push_back(routes_.size());
  routes_.push_back({std::move(methods), std::move(path)});
}

bool RouteTable::try_route(std::size_t index, Method method, Match& match) const {
  const Route& route = routes_[index];
  if (allows(route.methods, method)) {
    match.route = index;
    match.status = Status::ok;
    return true;
  }
  match.status = Status::method_not_allowed;
  match.allow += (match.allow.empty() ? "" : ", ") + allow_header(route.methods);
  return false;
}

Match RouteTable::find(Method method, std::string_view path) const {
  Match match;
  if (const auto literal = literals_.find(path); literal != literals_.end()) {
    for (const std::size_t index : literal->second) {
      if (try_route(index, method, match)) {
        return match;
      }
    }
    return match;
  }
  for (const std::size_t index : patterns_) {
    auto parameters = match_pattern(routes_[index].path, path);
    if (parameters && try_route(index, method, match)) {
      match.path_parameters = std::move(*parameters);
      return match;
    }
  }
  return match;
}

std::vector<std::string> RouteTable::routes() const {
  std::vector<std::string> all;
  for (const Route& route : routes_) {
    for (const Method method : route.methods) {
      all.push_back(std::string{to_string(method)} + " " + route.path);
    }
  }
  return all;
}

}  // namespace gatehouse::http
