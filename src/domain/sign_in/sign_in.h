#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "domain/consume/consume.h"
#include "domain/model/session.h"
#include "domain/protection/rate_limiter.h"
#include "platform/crypto/key_ring.h"
#include "platform/redis/client.h"
#include "project/context.h"

namespace gatehouse::sign_in {

// One sign-in request on its way: what asked for it (an OAuth authorization request, later SAML), and what it wants.
// Held sealed in Redis for 25 minutes under its id (`x_ref`, 32 Crockford characters), bound to the browser's cookie
// `oauth_ui`.
struct SignIn {
  std::string id;
  TimePoint created_at;
  std::string client_id;
  boost::json::object authorization_request;  // parameters as received, validated
  std::vector<std::string> prompt;            // "login" … after max_age was judged
  std::string login_hint;
  std::string ui_locales;
  std::string page;               // x_page: "login", "signup" or empty
  bool suppress_session = false;  // the browser's IdP session is neither used nor made nor ended
};
BOOST_DESCRIBE_STRUCT(SignIn, (),
                      (id, created_at, client_id, authorization_request, prompt, login_hint, ui_locales, page,
                       suppress_session))

class SignIns {
 public:
  SignIns(redis::Client& redis, const crypto::KeyRing& keys, protection::RateLimiter& limiter)
      : redis_(redis), keys_(keys), limiter_(limiter) {}

  // Fills in id and created_at. Throws Error RateLimited for a client network that begins too many, OAuthError
  // invalid_request for more than 16 KiB.
  Task<SignIn> create(project::Context& ctx, SignIn sign_in);
  Task<std::optional<SignIn>> find(project::Context& ctx, std::string id);

 private:
  redis::Client& redis_;
  const crypto::KeyRing& keys_;
  protection::RateLimiter& limiter_;
};

// The result of a finished login, carried to `/oauth2/consent?code=…` as 32 Crockford characters, in PostgreSQL for 5
// minutes, used once. The sign-in's sealed copy goes along, so that a wiped Redis does not lose a person who just
// signed in.
struct FinishedSignIn {
  SignIn sign_in;
  AuthenticationInfo authentication;
};

class FinishedSignIns {
 public:
  explicit FinishedSignIns(const crypto::KeyRing& keys) : keys_(keys) {}

  // Returns the code; the row is part of `batch`.
  std::string insert(postgres::Batch& batch, const project::Context& ctx, const FinishedSignIn& finished);
  // The same on its own, committed.
  Task<std::string> add(project::Context& ctx, FinishedSignIn finished);
  struct Found {
    FinishedSignIn finished;
    consume::Artefact artefact;  // consumed with the authorization code that is made from it
  };
  Task<std::optional<Found>> find(project::Context& ctx, std::string code);
  // Uses it up without an authorization code; false where it was used before.
  static Task<bool> discard(project::Context& ctx, consume::Artefact artefact);

 private:
  const crypto::KeyRing& keys_;
};

}  // namespace gatehouse::sign_in
