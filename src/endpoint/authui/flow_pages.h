#pragma once

#include <string_view>

#include "endpoint/authui/services.h"
#include "endpoint/authui/visit.h"

namespace gatehouse::authui {

// The pages that walk a person through a flow. A GET shows the step of `x_step`, or begins a flow; a POST feeds its
// form to the flow and answers with a redirect to the next step's page, or back to the same page, which then says what
// was wrong.
class FlowPages {
 public:
  explicit FlowPages(const Services& services) : services_(services) {}

  // GET /_internals/oauth_entrypoint: the first page after /oauth2/authorize.
  Task<http::Response> enter(project::Context& ctx, const http::Request& request) const;
  Task<http::Response> get(project::Context& ctx, const http::Request& request) const;
  Task<http::Response> post(project::Context& ctx, const http::Request& request) const;
  // GET /authflow/v2/account_status
  Task<http::Response> account_status(project::Context& ctx, const http::Request& request) const;

 private:
  Task<http::Response> begin(project::Context& ctx, const http::Request& request, Visit visit, std::string type) const;
  Task<http::Response> feed(project::Context& ctx, const http::Request& request, Visit visit, flow::Action asked,
                            http::Fields form) const;
  // For a form whose flow is gone: the same page afresh, with what was typed; a later page says that it is out of date.
  Task<http::Response> start_over(project::Context& ctx, const http::Request& request, Visit visit,
                                  http::Fields form) const;
  Task<std::optional<flow::Shown>> show(project::Context& ctx, const Visit& visit) const;

  http::Response draw(project::Context& ctx, const http::Request& request, const Visit& visit,
                      const flow::Reply& reply) const;
  http::Response next(project::Context& ctx, const http::Request& request, const Visit& visit,
                      const flow::Reply& reply) const;
  http::Response finish(project::Context& ctx, const http::Request& request, const Visit& visit,
                        const flow::Finished& finished) const;
  http::Response refuse(project::Context& ctx, const http::Request& request, const Visit& visit,
                        const Error& error) const;
  Task<http::Response> gone(project::Context& ctx, const http::Request& request, Visit visit) const;
  http::Response outdated(project::Context& ctx, const http::Request& request, const Visit& visit) const;

  const Services& services_;
};

}  // namespace gatehouse::authui
