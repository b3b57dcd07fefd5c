#pragma once

#include <map>
#include <memory>
#include <string>

#include "domain/authenticator/password.h"
#include "domain/grant/access_token.h"
#include "domain/grant/consent.h"
#include "domain/grant/grants.h"
#include "domain/identity/login_id.h"
#include "domain/protection/lockout.h"
#include "domain/protection/rate_limiter.h"
#include "domain/session/revocations.h"
#include "domain/session/sessions.h"
#include "domain/sign_in/sign_in.h"
#include "domain/user/users.h"
#include "domain/verification/one_time_code.h"
#include "endpoint/page.h"
#include "flow/runner.h"
#include "main/deployment.h"
#include "platform/base/one_shot.h"
#include "platform/http/router.h"
#include "platform/postgres/database.h"
#include "platform/redis/client.h"

namespace gatehouse::main {

// One core's services over one PostgreSQL and one Redis: where everything meets. Projects that name the same servers
// share it.
class Backend {
 public:
  Backend(asio::io_context& io, Deployment& deployment, const endpoint::PageRenderer& pages,
          const project::Secrets& servers);
  ~Backend();

  postgres::Database& database() { return database_; }
  const postgres::Database& database() const { return database_; }
  const redis::Client& redis() const { return redis_; }
  http::Router<project::Context>& router() { return router_; }

  // Once no request uses it: writes what still waits to be written, then ends the connections. Nothing of it runs any
  // more when this has ended.
  Task<void> close();
  // Ends the connections at once: whoever waits for an answer gets an error.
  void cut();

 private:
  Task<void> write_last_uses();
  void add_routes(const Deployment& deployment, const endpoint::PageRenderer& pages);

  postgres::Database database_;
  redis::Client redis_;
  session::RevocationFeed revocations_;
  session::Sessions sessions_;
  grant::AccessTokens access_tokens_;
  grant::Grants grants_;
  grant::Consents consents_;
  protection::RateLimiter limiter_;
  protection::Lockout lockout_;
  identity::LoginIds login_ids_;
  authenticator::PasswordHasher hasher_;
  authenticator::Passwords passwords_;
  user::Users users_;
  verification::OneTimeCodes codes_;
  sign_in::SignIns sign_ins_;
  sign_in::FinishedSignIns finished_sign_ins_;
  std::unique_ptr<flow::Runner> flows_;
  http::Router<project::Context> router_;
  std::shared_ptr<OneShot<void>> feed_ended_ = std::make_shared<OneShot<void>>();
};

// By the servers' URLs. A request holds the one that it uses.
using Backends = std::map<std::string, std::shared_ptr<Backend>>;

}  // namespace gatehouse::main
