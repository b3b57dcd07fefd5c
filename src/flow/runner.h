#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/json.hpp>

#include "domain/session/sessions.h"
#include "domain/sign_in/sign_in.h"
#include "project/context.h"

namespace gatehouse::flow {

// What starts a flow.
struct Start {
  std::string type;  // "login", "signup" …
  std::string name = "default";
  std::optional<sign_in::SignIn> sign_in;  // whom it is for; its result goes to /oauth2/consent
  std::optional<Session> session;          // the browser's present session
  std::string browser;  // hash of the browser's cookie: 20 flows a browser, the 21st drops the oldest
};

// What a flow asks now; the flow API answers with it, the hosted pages draw it.
struct Action {
  std::string type;            // "identify", "authenticate", "verify", "create_authenticator" …, "finished"
  std::string identification;  // where the contract shows one
  std::string authentication;
  boost::json::object data;  // the contract's data, "type" included; {} where there is none
};

struct Finished {
  std::optional<std::string> session_token;  // value of the cookie "session"
  std::string redirect_uri;                  // finish_redirect_uri; empty where nothing waits for the flow
  UserId user;
};

struct Reply {
  std::string state_token;  // "authflowstate_" + 32 Crockford characters
  std::string type;
  std::string name;
  Action action;
  std::optional<Finished> finished;
};

struct Shown {
  Reply reply;
  bool begun_here;  // by the browser that asks (`Start::browser`); never for a flow without one
};

// An input that is refused leaves the state token usable; the error carries info.FlowType.
class Runner {
 public:
  virtual ~Runner() = default;

  virtual Task<Reply> create(project::Context& ctx, Start start) = 0;
  // One JSON object, offered to successive steps until it is used up.
  virtual Task<Reply> feed(project::Context& ctx, std::string state_token, boost::json::object input) = 0;
  // The state as it is. Error NotFound/AuthenticationFlowNotFound for unknown, expired and finished flows.
  virtual Task<Shown> show(project::Context& ctx, std::string state_token, std::string browser) = 0;
};

}  // namespace gatehouse::flow
