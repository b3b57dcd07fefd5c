#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/json.hpp>

#include "domain/grant/access_token.h"
#include "domain/grant/authorization_code.h"
#include "domain/grant/refresh_token.h"
#include "domain/session/revocations.h"
#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::grant {

// grant_type=authorization_code (RFC 6749 4.1.3), from an authenticated client.
struct CodeExchange {
  std::string code;
  std::optional<std::string> redirect_uri;
  std::optional<std::string> code_verifier;
  std::optional<boost::json::object> device_info;  // kept with the grant
};

// grant_type=refresh_token (RFC 6749 6), from an authenticated client.
struct Refreshing {
  std::string refresh_token;
  std::optional<std::string> scope;  // what the tokens are narrowed to; the grant keeps what it has
  std::optional<boost::json::object> device_info;
};

// RFC 6749 5.1, OpenID Connect Core 3.1.3.3. token_type is always Bearer.
struct IssuedTokens {
  std::string access_token;
  Seconds expires_in;
  std::optional<std::string> id_token;  // with the scope openid
  std::optional<std::string> refresh_token;
  std::vector<std::string> scopes;
  std::optional<session::Ticket> ticket;  // for http::Response::last_check, where nothing was written that proves them
};

// The limit on one user's requests for tokens. Only what gives tokens counts: whoever holds an old token or code must
// not use up its owner's limit.
struct UserLimit {
  using Count = std::function<Task<void>(project::Context&, const UserId&)>;

  Count take;  // Error TooManyRequest where it is one too many
  Count give_back;
};

// What a client can do at the token and revocation endpoints.
class Grants {
 public:
  Grants(session::RevocationFeed& revocations, AccessTokens& access_tokens, const crypto::KeyRing& keys,
         UserLimit limit)
      : feed_(revocations),
        access_tokens_(access_tokens),
        refresh_tokens_(revocations, keys),
        keys_(keys),
        limit_(std::move(limit)) {}

  // Throws OAuthError invalid_grant, invalid_request; the limit's Error, which leaves the code as it was. A code that
  // is used again revokes what it gave.
  Task<IssuedTokens> exchange(project::Context& ctx, const project::OAuthClient& client, CodeExchange request);

  // Throws OAuthError invalid_grant, invalid_scope; the limit's Error, which leaves the token as it was. One round trip
  // to PostgreSQL.
  Task<IssuedTokens> refresh(project::Context& ctx, const project::OAuthClient& client, Refreshing refreshing);

  // RFC 7009: ends the grant of a refresh token, or an access token alone; nothing happens for an unknown token.
  // `client`: null where none authenticated, which is enough for tokens of public clients. Throws OAuthError
  // invalid_client where the token's client has to authenticate, invalid_grant where the token is another client's.
  Task<void> revoke(project::Context& ctx, const project::OAuthClient* client, std::string token);

 private:
  Task<void> redeem(project::Context& ctx, const project::OAuthClient& client, AuthorizationCodes::Found found,
                    std::optional<std::string> opaque, TimePoint expires_at,
                    std::optional<boost::json::object> device_info);
  IssuedTokens issue(const project::Context& ctx, const project::OAuthClient& client, const TokenSubject& subject,
                     std::optional<std::string> opaque, TimePoint expires_at,
                     const std::optional<std::string>& nonce) const;
  Task<bool> revoke_refresh_token(project::Context& ctx, const project::OAuthClient* client, std::string token);

  Task<RefreshUse> use(project::Context& ctx, const project::OAuthClient& client, RefreshTokens::Request request);
  Task<std::optional<UserId>> count_known(project::Context& ctx, RefreshTokenText token);
  Task<void> count_first(project::Context& ctx, GrantId grant, UserId user);
  Task<void> uncount(project::Context& ctx, GrantId grant, UserId user, bool dead);
  void remember(const GrantId& grant, const UserId& user);

  session::RevocationFeed& feed_;
  AccessTokens& access_tokens_;
  RefreshTokens refresh_tokens_;
  const crypto::KeyRing& keys_;
  UserLimit limit_;
  // Whose the grants are that this core saw: only the database could tell otherwise, before it is asked anything.
  std::unordered_map<std::string, UserId> users_;
};

}  // namespace gatehouse::grant
