#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/message.h"

namespace gatehouse::http {

template <class Ctx>
using BasicHandler = std::function<Task<Response>(Ctx&, const Request&)>;
using Handler = BasicHandler<Context>;

// What a path and a method lead to.
struct Match {
  std::optional<std::size_t> route;
  Fields path_parameters;
  Status status = Status::not_found;  // where there is no route: 404, or 405 with `allow`
  std::string allow;
};

// Paths like "/saml2/metadata/:id"; a last segment "*rest" takes the remainder. HEAD is answered by GET's route.
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
  std::vector<Route> routes_;
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
      Response response = Response::text(match.status, match.status == Status::not_found ? "Not found\n" : "Method not allowed\n");
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
