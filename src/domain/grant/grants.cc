#include "domain/grant/grants.h"

#include <boost/asio/this_coro.hpp>
#include <boost/describe.hpp>

#include "domain/client/oauth_error.h"
#include "domain/client/scope.h"
#include "domain/event/event.h"
#include "domain/grant/access_token_text.h"
#include "domain/grant/id_token.h"
#include "domain/grant/pkce.h"
#include "domain/grant/sign_out.h"
#include "domain/grant/token_family.h"
#include "domain/session/session_event.h"
#include "domain/user/users.h"
#include "platform/crypto/hash.h"
#include "platform/telemetry/log.h"

namespace gatehouse::grant {

namespace {

constexpr std::size_t kMostUsers = 50'000;

std::optional<std::string> new_opaque_token(const project::OAuthClient& client, TimePoint expires_at) {
  return client.issue_jwt_access_token ? std::nullopt : std::optional(make_opaque_token(expires_at));
}

void check_redirect_uri(const CodeGrant& given, const std::optional<std::string>& redirect_uri) {
  if (!redirect_uri && given.redirect_uri_sent) {
    throw client::invalid_request("redirect_uri is missing");
  }
  if (redirect_uri && *redirect_uri != given.redirect_uri) {
    throw client::invalid_grant("redirect_uri is not the one of the authorization request");
  }
}

// Everything that does not depend on whether the code was used. RFC 6749 4.1.3, RFC 7636 4.6.
void check_presented(const project::OAuthClient& client, const std::optional<AuthorizationCodes::Found>& found,
                     const CodeExchange& request) {
  if (!found || found->given.client != client.client_id) {
    throw client::invalid_grant("the authorization code is not valid");
  }
  check_redirect_uri(found->given, request.redirect_uri);
  check_code_verifier(found->given.code_challenge, request.code_verifier);
  if (!client.is_confidential() && !found->given.code_challenge) {
    throw client::invalid_grant("the authorization code was made without PKCE");
  }
}

void check_owner(const project::Context& ctx, const project::OAuthClient* client, const ClientId& owner) {
  if (client != nullptr) {
    if (client->client_id != owner) {
      throw client::invalid_grant("the token was issued to another client");
    }
    return;
  }
  const auto* owning = ctx.project().client(owner);
  if (owning == nullptr || owning->is_confidential()) {
    throw client::OAuthError("invalid_client", "the client of this token has to authenticate");
  }
}

Task<void> end_reused(project::Context& ctx, session::RevocationFeed& feed, GrantId grant, ClientId client) {
  log::warn("an authorization code was used again; its grant was revoked",
            {{"grant_id", grant.str()}, {"client_id", client.str()}});
  postgres::Batch batch;
  revoke_family(batch, ctx, grant);
  co_await consume::commit(ctx, std::move(batch));
  feed.announce(ctx.app_id(), {grant.str()});
}

// For a sign-in that opened no session, which would have said it.
void announce(postgres::Batch& batch, const project::Context& ctx, const NewFamily& family, const UserFacts& user) {
  session::SessionModel model;
  model.id = family.grant.str();
  model.type = "offline_grant";
  model.created_at = model.last_accessed_at = ctx.now();
  model.amr = family.given.amr;
  model.created_by_ip = model.last_accessed_by_ip = ctx.client_ip;
  model.user_agent = ctx.user_agent;
  model.client_id = family.client.client_id.str();
  model.application_name = family.client.name;
  event::Event event;
  event.type = "user.authenticated";
  event.payload = {{"user", user::to_event_json(user.user, user.is_verified, user.can_reauthenticate, user.verified)},
                   {"session", session::to_event_json(model)}};
  event.user = user.user.id;
  event::add(batch, ctx, event);
}

struct FamilySecret {
  ClientId client;
  std::string key_id;
  std::optional<std::string> adopted_hash;
};
BOOST_DESCRIBE_STRUCT(FamilySecret, (), (client, key_id, adopted_hash))

Task<std::optional<FamilySecret>> find_family_secret(project::Context& ctx, GrantId grant) {
  static constexpr postgres::Sql kSql =
      "SELECT client_id, key_id, adopted_hash FROM _gatehouse_refresh "
      "WHERE app_id = $1 AND grant_id = $2 AND revoked_at IS NULL";
  return ctx.db().optional<FamilySecret>(kSql, ctx.app_id(), grant);
}

}  // namespace

Task<void> Grants::redeem(project::Context& ctx, const project::OAuthClient& client, AuthorizationCodes::Found found,
                          std::optional<std::string> opaque, TimePoint expires_at,
                          std::optional<boost::json::object> device_info) {
  postgres::Batch batch;
  const NewFamily family{found.grant, found.given, client, keys_.active_id(), std::move(device_info)};
  insert_family(batch, ctx, family);
  if (opaque) {
    insert_opaque_token(batch, ctx, family, *opaque, expires_at);
  }
  if (!found.given.announced) {
    announce(batch, ctx, family, *found.user);
  }
  bool active = true;
  auto outcome = consume::Outcome::done;
  try {
    outcome = co_await consume::commit(ctx, found.artefact, std::move(batch));
  } catch (const postgres::StatementError& error) {
    if (!error.requirement_failed()) {
      throw;
    }
    active = false;
  }
  if (active && outcome == consume::Outcome::done) {
    co_return;
  }
  co_await uncount(ctx, found.grant, found.given.user, true);
  if (!active) {
    throw client::invalid_grant("the user or the session is no longer active");
  }
  co_await end_reused(ctx, feed_, found.grant, client.client_id);
  throw client::invalid_grant("the authorization code is not valid");
}

Task<IssuedTokens> Grants::exchange(project::Context& ctx, const project::OAuthClient& client, CodeExchange request) {
  auto found = co_await AuthorizationCodes::find(ctx, request.code);
  check_presented(client, found, request);
  if (found->used) {
    co_await end_reused(ctx, feed_, found->grant, client.client_id);
    throw client::invalid_grant("the authorization code is not valid");
  }
  if (ctx.now() >= found->expires_at || !found->user_active || !found->user) {
    throw client::invalid_grant("the authorization code is not valid");
  }
  co_await limit_.take(ctx, found->given.user);
  remember(found->grant, found->given.user);
  const TimePoint expires_at = ctx.now() + client.access_token_lifetime;
  const auto opaque = new_opaque_token(client, expires_at);
  co_await redeem(ctx, client, *found, opaque, expires_at, std::move(request.device_info));

  TokenSubject subject;
  subject.grant = found->grant;
  subject.user = std::move(*found->user);
  subject.scopes = found->given.scopes;
  subject.amr = found->given.amr;
  subject.authenticated_at = found->given.authenticated_at;
  auto tokens = issue(ctx, client, subject, opaque, expires_at, found->given.nonce);
  if (client::has_scope(subject.scopes, client::kOfflineAccess)) {
    tokens.refresh_token =
        subject.grant.str() + "." + derive_refresh_secret(keys_, keys_.active_id(), subject.grant, 0);
  }
  co_return tokens;
}

Task<IssuedTokens> Grants::refresh(project::Context& ctx, const project::OAuthClient& client, Refreshing refreshing) {
  auto token = parse_refresh_token(refreshing.refresh_token);
  if (!token) {
    throw client::invalid_grant("the refresh token is not valid");
  }
  RefreshTokens::Request request;
  if (refreshing.scope) {
    request.scopes = client::parse_narrower_scope(*refreshing.scope);
  }
  request.device_info = std::move(refreshing.device_info);
  const TimePoint expires_at = ctx.now() + client.access_token_lifetime;
  const auto opaque = new_opaque_token(client, expires_at);
  request.token = std::move(*token);
  request.opaque_token = opaque;
  request.token_expires_at = expires_at;
  auto used = co_await use(ctx, client, std::move(request));
  if (used.session) {
    access_tokens_.note_session_use(co_await asio::this_coro::executor, ctx, *used.session);
  }
  auto tokens = issue(ctx, client, used.subject, opaque, expires_at, std::nullopt);
  tokens.refresh_token = used.successor;
  tokens.ticket = std::move(used.ticket);
  co_return tokens;
}

// Counted before where its user is known, so that one too many leaves the token as it was.
Task<RefreshUse> Grants::use(project::Context& ctx, const project::OAuthClient& client,
                             RefreshTokens::Request request) {
  const GrantId grant = request.token.grant;
  const auto counted = co_await count_known(ctx, request.token);
  RefreshUse used;
  std::optional<client::OAuthError> refused;
  try {
    used = co_await refresh_tokens_.use(ctx, client, std::move(request));
  } catch (const client::OAuthError& error) {
    refused = error;
  }
  if (refused && counted) {
    co_await uncount(ctx, grant, *counted, refused->error() == "invalid_grant");
  }
  if (refused) {
    throw client::OAuthError(*refused);
  }
  if (!counted) {
    co_await count_first(ctx, grant, used.subject.user.user.id);
  }
  co_return used;
}

// Only a token that was made here counts: a guess must not use up somebody's limit.
Task<std::optional<UserId>> Grants::count_known(project::Context& ctx, RefreshTokenText token) {
  const auto known = users_.find(token.grant.str());
  if (known == users_.end() || !authenticate_refresh_secret(keys_, token)) {
    co_return std::nullopt;
  }
  const UserId user = known->second;
  co_await limit_.take(ctx, user);
  co_return user;
}

// What is dead is forgotten, so that it is not even counted for as long as it takes to refuse it.
Task<void> Grants::uncount(project::Context& ctx, GrantId grant, UserId user, bool dead) {
  if (dead) {
    users_.erase(grant.str());
  }
  co_await limit_.give_back(ctx, user);
}

// The token was used already: refusing its successor now would make an honest client's next try a reuse.
Task<void> Grants::count_first(project::Context& ctx, GrantId grant, UserId user) {
  remember(grant, user);
  try {
    co_await limit_.take(ctx, user);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::too_many_request) {
      throw;
    }
  }
}

void Grants::remember(const GrantId& grant, const UserId& user) {
  if (users_.size() >= kMostUsers) {
    users_.clear();
  }
  users_.insert_or_assign(grant.str(), user);
}

IssuedTokens Grants::issue(const project::Context& ctx, const project::OAuthClient& client, const TokenSubject& subject,
                           std::optional<std::string> opaque, TimePoint expires_at,
                           const std::optional<std::string>& nonce) const {
  IssuedTokens tokens;
  tokens.access_token = opaque ? std::move(*opaque) : sign_access_token(ctx, keys_, client, subject, expires_at);
  tokens.expires_in = client.access_token_lifetime;
  if (client::has_scope(subject.scopes, client::kOpenId)) {
    tokens.id_token = sign_id_token(ctx, client, subject, nonce);
  }
  tokens.scopes = subject.scopes;
  return tokens;
}

Task<bool> Grants::revoke_refresh_token(project::Context& ctx, const project::OAuthClient* client, std::string text) {
  const auto token = parse_refresh_token(text);
  if (!token) {
    co_return false;
  }
  const auto family = co_await find_family_secret(ctx, token->grant);
  const auto secret = authenticate_refresh_secret(keys_, *token);
  if (!family) {
    co_return true;
  }
  const bool ours = secret && secret->key_id == family->key_id;
  const bool adopted =
      family->adopted_hash && crypto::secure_equal(crypto::sha256_hex(token->secret), *family->adopted_hash);
  if (!ours && !adopted) {
    co_return true;
  }
  check_owner(ctx, client, family->client);
  co_await sign_out_grant(ctx, feed_, token->grant);
  co_return true;
}

Task<void> Grants::revoke(project::Context& ctx, const project::OAuthClient* client, std::string token) {
  if (co_await revoke_refresh_token(ctx, client, token)) {
    co_return;
  }
  const auto access = co_await access_tokens_.resolve(ctx, std::move(token));
  if (!access) {
    co_return;
  }
  check_owner(ctx, client, access->client);
  postgres::Batch batch;
  access_tokens_.deny(batch, ctx, *access);
  co_await consume::commit(ctx, std::move(batch));
  feed_.announce(ctx.app_id(), {access->denial});
}

}  // namespace gatehouse::grant
