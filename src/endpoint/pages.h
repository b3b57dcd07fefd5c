#pragma once

#include <optional>
#include <string>
#include <vector>

#include "endpoint/page.h"
#include "platform/base/error.h"

namespace gatehouse::endpoint {

// Pages that more than one surface shows. Form fields and x_action values are the contract's; ids are in
// docs/automation.md.

// Asks whether an application of somebody else may use the account; posts x_action "consent" or "cancel" to its own
// URL.
struct ConsentPage {
  const project::OAuthClient* client = nullptr;
  std::vector<std::string> scopes;
  std::string login_id;      // whose account, empty: not shown
  std::string name;          // the person's, empty: not shown
  std::string redirect_uri;  // where the answer goes
};
http::Response render_consent(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                              const ConsentPage& page);

// Tells a person that the application's request cannot be answered, and its makers why: `op-error` holds the error code
// and the offending parameter as text. For requests whose redirect URI is not to be trusted. Answers 400.
struct OpError {
  std::string error;                             // RFC 6749 4.1.2.1
  std::string parameter;                         // the offending one, empty: none
  std::string reason;                            // for engineers
  const project::OAuthClient* client = nullptr;  // null: unknown
  std::string client_id;                         // as sent
};
http::Response render_op_error(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                               const OpError& error);

// After signing out. `client`: whom the person came from; its client_uri is the way back.
http::Response render_signed_out(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                                 const project::OAuthClient* client = nullptr);

// What cannot go on. `kind`: one that docs/automation.md lists. `again`: a path to start again at, empty: none.
struct Problem {
  std::string kind;
  http::Status status = http::Status::ok;
  std::string again;
  std::string client;           // name, empty: unknown
  std::string client_uri;       // the way back, empty: none
  bool show_reference = false;  // the request id, for support
  int retry_after = 0;          // seconds; 0: not said
};
http::Response render_problem(const PageRenderer& pages, project::Context& ctx, const http::Request& request,
                              const Problem& problem);

// What to tell of an error that is nobody's typing.
Problem problem_of(const Error& error);

// What to tell of a request that was not read to its end, or that nothing takes: 400, 404, 405, 408, 413. Nothing for
// other answers.
std::optional<Problem> problem_of(http::Status status);

// The name that people know a client by.
std::string display_name(const project::OAuthClient& client);

// Where people find a client again: its client_uri, else the front page at its registered redirect URI, `redirect_uri`
// if that is one, the first on the web otherwise. Empty for what is not on the web.
std::string home_of(const project::OAuthClient& client, std::string_view redirect_uri = {});

}  // namespace gatehouse::endpoint
