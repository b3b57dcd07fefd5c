#pragma once

#include <functional>
#include <optional>
#include <string>

#include "domain/model/session.h"
#include "domain/sign_in/sign_in.h"
#include "endpoint/page.h"
#include "flow/runner.h"
#include "platform/crypto/key_ring.h"
#include "platform/http/static_files.h"
#include "project/context.h"

namespace gatehouse::authui {

// What the hosted pages stand on; one core's.
struct Services {
  flow::Runner& flows;
  const endpoint::PageRenderer& pages;
  const http::StaticFiles& assets;
  const crypto::KeyRing& keys;
  // The sign-in request that waits under `x_ref` (sign_in::SignIns::find).
  std::function<Task<std::optional<sign_in::SignIn>>(project::Context&, std::string)> find_sign_in;
  // The session of the cookie "session" (session::Sessions::resolve).
  std::function<Task<std::optional<Session>>(project::Context&, std::string)> find_session;
  // Asked right after that answered: says, when an answer that stands on the session leaves, whether it still holds
  // (session::RevocationFeed::holds).
  std::function<std::function<bool()>(const project::Context&, const Session&)> still_holds;
  // Ends it with what depends on it (grant::sign_out).
  std::function<Task<void>(project::Context&, SessionId)> sign_out;
};

}  // namespace gatehouse::authui
