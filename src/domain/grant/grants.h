#pragma once

#include <optional>
#include <string>
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
  std::optional<boost::json::object> device_info;
};

// RFC 6749 5.1, OpenID Connect Core 3.1.3.3. token_type is always Bearer.
struct IssuedTokens {
  std::string access_token;
  Seconds expires_in;
  std::string id_token;
  std::optional<std::string> refresh_token;
  std::vector<std::string> scopes;
};

// What a client can do at the token and revocation endpoints.
class Grants {
 public:
  Grants(session::RevocationFeed& revocations, AccessTokens& access_tokens, const crypto::KeyRing& keys)
      : feed_(revocations), access_tokens_(access_tokens), refresh_tokens_(revocations, keys), keys_(keys) {}

  // Throws OAuthError invalid_grant, invalid_request. A code that is used again revokes what it gave.
  Task<IssuedTokens> exchange(project::Context& ctx, const project::OAuthClient& client, CodeExchange request);

  // grant_type=refresh_token. Throws OAuthError invalid_grant. One round trip to PostgreSQL.
  Task<IssuedTokens> refresh(project::Context& ctx, const project::OAuthClient& client, std::string refresh_token);

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

  session::RevocationFeed& feed_;
  AccessTokens& access_tokens_;
  RefreshTokens refresh_tokens_;
  const crypto::KeyRing& keys_;
};

}  // namespace gatehouse::grant
