#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/consume/consume.h"
#include "domain/grant/user_facts.h"
#include "domain/model/ids.h"
#include "project/context.h"

namespace gatehouse::grant {

// What an authorization code gives, and what must be shown with it.
struct CodeGrant {
  UserId user;
  ClientId client;
  std::string redirect_uri;       // where the code was sent
  bool redirect_uri_sent = true;  // the authorization request named it, so the token request has to (RFC 6749 4.1.3)
  std::optional<std::string> code_challenge;
  std::optional<std::string> nonce;
  std::vector<std::string> scopes;
  std::optional<SessionId> session;  // the IdP session that it was made in
  bool sso_enabled = false;          // the grant ends with that session
  std::vector<std::string> amr;
  TimePoint authenticated_at;
  bool announced = true;  // false: user.authenticated is said with the grant (AuthenticationInfo)
};

// RFC 6749 4.1: 32 base62 characters, dead after 60 s, stored as SHA-256.
class AuthorizationCodes {
 public:
  // Returns the code; the row is part of `batch`, and so is the user's consent to the scopes.
  static std::string insert(postgres::Batch& batch, const project::Context& ctx, const CodeGrant& given);

  // The same, committed.
  static Task<std::string> issue(project::Context& ctx, CodeGrant given);
  // Together with the use of what it is made from, if that was not used before and user and session are active.
  enum class Made { done, used_before, no_longer_active };
  struct Issued {
    Made made;
    std::string code;  // empty unless done
  };
  static Task<Issued> issue_from(project::Context& ctx, consume::Artefact source, CodeGrant given);

  struct Found {
    CodeGrant given;
    GrantId grant;  // the family that it makes; fixed with the code, so that reuse can revoke it
    consume::Artefact artefact;
    TimePoint expires_at;
    bool used = false;         // the family exists
    bool user_active = false;  // may sign in now
    std::optional<UserFacts> user;
  };
  // Also codes that expired or were used: the caller has to judge. One round trip.
  static Task<std::optional<Found>> find(project::Context& ctx, std::string code);
};

}  // namespace gatehouse::grant
