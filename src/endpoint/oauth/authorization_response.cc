#include "endpoint/oauth/authorization_response.h"

#include "endpoint/pages.h"

namespace gatehouse::oauth {

namespace {

// RFC 6749 3.1.2: a query that the redirect URI has is kept.
http::Response redirect(const RedirectTarget& target, http::Fields parameters) {
  const auto& uri = target.redirect_uri;
  const char separator = uri.find('?') == std::string::npos ? '?' : '&';
  return http::Response::redirect(http::Status::see_other, uri + separator + http::encode_form(parameters));
}

void add_common(http::Fields& parameters, const project::Project& project, const RedirectTarget& target) {
  if (!target.state.empty()) {
    parameters.add("state", target.state);
  }
  parameters.add("iss", project.origin());
}

// The parameter that a description of ours begins with: "code_challenge: is required …".
std::string offending_parameter(const std::string& description) {
  const auto colon = description.find(": ");
  const auto name = description.substr(0, colon == std::string::npos ? 0 : colon);
  return name.find(' ') == std::string::npos ? name : "";
}

}  // namespace

http::Response code_response(const project::Project& project, const RedirectTarget& target, const std::string& code) {
  http::Fields parameters;
  parameters.add("code", code);
  add_common(parameters, project, target);
  return redirect(target, std::move(parameters));
}

http::Response error_response(const project::Project& project, const RedirectTarget& target,
                              const client::OAuthError& error) {
  http::Fields parameters;
  parameters.add("error", error.error());
  parameters.add("error_description", error.description());
  add_common(parameters, project, target);
  return redirect(target, std::move(parameters));
}

http::Response untrusted_response(project::Context& ctx, const http::Request& request,
                                  const endpoint::PageRenderer& pages, const http::Fields& parameters,
                                  const client::OAuthError& error) {
  if (!endpoint::wants_html(request)) {
    return http::Response::text(http::Status::bad_request,
                                fmt::format("Invalid OAuth authorization request:\nerror: {}\nerror_description: {}\n",
                                            error.error(), error.description()));
  }
  const std::string client_id = parameters.get_or("client_id", "");
  return endpoint::render_op_error(pages, ctx, request,
                                   {.error = error.error(),
                                    .parameter = offending_parameter(error.description()),
                                    .reason = error.description(),
                                    .client = ctx.project().client(ClientId{client_id}),
                                    .client_id = client_id});
}

}  // namespace gatehouse::oauth
