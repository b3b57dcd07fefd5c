#pragma once

#include <optional>
#include <string>

#include "domain/sign_in/sign_in.h"
#include "endpoint/authui/browser.h"
#include "endpoint/authui/memory.h"
#include "endpoint/authui/services.h"
#include "endpoint/pages.h"

namespace gatehouse::authui {

// One request for a page of a flow: from which browser, at which step, on whose behalf.
struct Visit {
  Browser browser;
  std::string step;  // x_step; empty: no flow yet
  std::optional<sign_in::SignIn> sign_in;
  bool sign_in_lost = false;  // x_ref names a request that is over
  const project::OAuthClient* client = nullptr;
  PageMemory memory;
};

Task<Visit> arrive(const Services& services, project::Context& ctx, const http::Request& request);

// `path` with what the contract keeps in the query (client_id, x_ref, ui_locales …), and the step where there is one.
std::string path_with_query(std::string_view path, const http::Request& request, std::string_view step = {});

// 302 to a path of ours; 200 with {"redirect_uri","action"} for a form that a script sent (X-Authgear-XHR: true).
// `action`: "advance", "replace", "redirect".
http::Response go_to(const http::Request& request, const std::string& location, std::string_view action);

// The page for a visit that cannot go on.
http::Response stop(const Services& services, project::Context& ctx, const http::Request& request, const Visit& visit,
                    endpoint::Problem problem);

// The page that tells of an error that is nobody's typing.
endpoint::Problem problem_of(const Error& error, const http::Request& request);

}  // namespace gatehouse::authui
