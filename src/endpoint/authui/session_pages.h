#pragma once

#include "endpoint/authui/services.h"

namespace gatehouse::authui {

// The pages about the session itself.
class SessionPages {
 public:
  explicit SessionPages(const Services& services) : services_(services) {}

  // GET /: to where the visitor belongs.
  Task<http::Response> root(project::Context& ctx, const http::Request& request) const;
  // GET /authflow/v2/finish: after a sign-in that nothing waits for.
  Task<http::Response> signed_in(project::Context& ctx, const http::Request& request) const;
  // GET /logout asks, POST /logout ends the session. `x_return` of the query (post_logout.h) says where to go then.
  Task<http::Response> ask_to_sign_out(project::Context& ctx, const http::Request& request) const;
  Task<http::Response> sign_out(project::Context& ctx, const http::Request& request) const;
  // GET /v2/errors/error
  Task<http::Response> error(project::Context& ctx, const http::Request& request) const;

 private:
  Task<std::optional<Session>> session_of(project::Context& ctx, const http::Request& request) const;
  http::Response while_it_lasts(const project::Context& ctx, const http::Request& request, const Session& session,
                                http::Response response) const;
  http::Response after_sign_out(project::Context& ctx, const http::Request& request) const;

  const Services& services_;
};

}  // namespace gatehouse::authui
