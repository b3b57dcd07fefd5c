#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "domain/model/ids.h"
#include "platform/base/time.h"

namespace gatehouse {

// An IdP session: a row of _gatehouse_session.
struct Session {
  SessionId id;
  UserId user_id;
  TimePoint created_at;
  TimePoint authenticated_at;
  std::vector<std::string> amr;
  TimePoint expires_at;  // created_at + lifetime
  TimePoint last_access_at;
  std::string token_hash;
  std::optional<TimePoint> user_active_until;  // the user may not sign in from then on; none: nothing is set
};
BOOST_DESCRIBE_STRUCT(Session, (),
                      (id, user_id, created_at, authenticated_at, amr, expires_at, last_access_at, token_hash,
                       user_active_until))

// What a finished authentication says about itself, handed from the flow to whoever asked for it (OAuth, SAML).
struct AuthenticationInfo {
  UserId user_id;
  std::vector<std::string> amr;
  TimePoint authenticated_at;
  std::optional<SessionId> session_id;  // none: the request wants no session
  bool announced = true;  // false: there is no session to say it of yet, user.authenticated comes with the grant
};
BOOST_DESCRIBE_STRUCT(AuthenticationInfo, (), (user_id, amr, authenticated_at, session_id, announced))

}  // namespace gatehouse
