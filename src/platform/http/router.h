#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/http/message.h"

namespace gatehouse::http {

template <class Ctx>
using BasicHandler = std::function<Task<Response>(Ctx&, Request&)>;
using Handler = BasicHandler<Context>;

// What a path and a method lead to.
struct Match {
  std::optional<std::size_t> route;
  Fields path_parameters;
  Status status = Status::not_found;  // where there is no route: 404, or 405 with `allow`
  std::string allow;
};

// Paths like "/saml2/metadata/:id" and "/settings/mfa/oob_otp_:channel"; a last segment "*rest" takes the remainder.
// HEAD is answered by GET's route.
class RouteTable {
 public:
  void add(std::vector<Method> methods, std::string path);
  Match find(Method method, std::string_view path) const;
  std::vector<std::string> routes() const;  // "GET /login" …: the inventory that tests walk

 private:
  struct Route {
    std::vector<Method> methods;
    std::string path;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const { return std::hash<std::string_view>{}(path); }
  };
  bool try_route(std::size_t index, Method method, Match& match) const;

  std::vector<Route> routes_;
  std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>> literals_;
  std::vector<std::size_t> patterns_;  // tried in their order, after the literals
};

// Routes with their handlers, for one kind of context.
template <class Ctx>
class Router {
 public:
  void add(std::vector<Method> methods, std::string path, BasicHandler<Ctx> handler) {
    table_.add(std::move(methods), std::move(path));
    handlers_.push_back(std::move(handler));
  }

  // Unknown path: 404; known path, wrong method: 405 with Allow.
  Task<Response> handle(Ctx& ctx, Request& request) const {
    Match match = table_.find(request.method, request.path);
    if (!match.route) {
      Response response =
          Response::text(match.status, match.status == Status::not_found ? "Not found\n" : "Method not allowed\n");
      if (!match.allow.empty()) {
        response.set("Allow", match.allow);
      }
      co_return response;
    }
    request.path_parameters = std::move(match.path_parameters);
    co_return co_await handlers_[*match.route](ctx, request);
  }

  std::vector<std::string> routes() const { return table_.routes(); }

 private:
  RouteTable table_;
  std::vector<BasicHandler<Ctx>> handlers_;
};

}  // namespace gatehouse::http
