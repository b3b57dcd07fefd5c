#include "domain/grant/authorization_code.h"

#include <boost/describe.hpp>

#include "domain/grant/consent.h"
#include "domain/grant/token_family.h"
#include "platform/base/uuid.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::grant {

namespace {

namespace json = boost::json;

constexpr Seconds kLifetime{60};
constexpr std::size_t kLength = 32;

struct Row {
  GrantId grant;
  UserId user;
  ClientId client;
  std::chrono::sys_days expires_on;
  TimePoint expires_at;
  json::object data;
  bool used = false;
  bool user_active = false;
  std::optional<json::object> facts;
};
BOOST_DESCRIBE_STRUCT(Row, (), (grant, user, client, expires_on, expires_at, data, used, user_active, facts))

std::optional<std::string> text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::optional(std::string(value->get_string())) : std::nullopt;
}

json::object to_data(const CodeGrant& given) {
  json::object data{{"redirect_uri", given.redirect_uri},
                    {"redirect_uri_sent", given.redirect_uri_sent},
                    {"scopes", json::value_from(given.scopes)},
                    {"sso_enabled", given.sso_enabled},
                    {"amr", json::value_from(given.amr)},
                    {"authenticated_at", given.authenticated_at.time_since_epoch().count()},
                    {"announced", given.announced}};
  if (given.code_challenge) {
    data["code_challenge"] = *given.code_challenge;
  }
  if (given.nonce) {
    data["nonce"] = *given.nonce;
  }
  if (given.session) {
    data["session_id"] = given.session->str();
  }
  return data;
}

CodeGrant from_row(const Row& row) {
  CodeGrant given;
  given.user = row.user;
  given.client = row.client;
  given.redirect_uri = text_of(row.data, "redirect_uri").value();
  given.redirect_uri_sent = row.data.at("redirect_uri_sent").as_bool();
  given.code_challenge = text_of(row.data, "code_challenge");
  given.nonce = text_of(row.data, "nonce");
  given.scopes = json::value_to<std::vector<std::string>>(row.data.at("scopes"));
  if (auto session = text_of(row.data, "session_id")) {
    given.session = SessionId{std::move(*session)};
  }
  given.sso_enabled = row.data.at("sso_enabled").as_bool();
  given.amr = json::value_to<std::vector<std::string>>(row.data.at("amr"));
  given.authenticated_at = TimePoint{Micros{row.data.at("authenticated_at").as_int64()}};
  if (const auto* announced = row.data.if_contains("announced")) {
    given.announced = announced->as_bool();
  }
  return given;
}

Task<std::optional<Row>> read(project::Context& ctx, std::string hash) {
  // A code expires today or tomorrow; one that comes back late is still recognised on the day after. Whether it was
  // used is no EXISTS, which may be planned as a hash of all grants.
  static constexpr postgres::Sql kSql =
      "SELECT c.grant_id, c.user_id, c.client_id, c.expires_on, c.expires_at, c.data, "
      "(SELECT true FROM _gatehouse_refresh r WHERE r.app_id = $1 AND r.grant_id = c.grant_id) IS NOT NULL, "
      "coalesce(_gatehouse_user_active(u, $6), false), _gatehouse_user_facts($1, c.user_id) "
      "FROM _gatehouse_authorization_code c LEFT JOIN _auth_user u ON u.id = c.user_id AND (u.app_id = c.app_id) IS "
      "TRUE "
      "WHERE c.app_id = $1 AND c.hash = $2 AND c.expires_on IN ($3, $4, $5)";
  const auto today = consume::expiry_day(ctx.now());
  const std::chrono::days day{1};
  return ctx.db().optional<Row>(kSql, ctx.app_id(), postgres::Binary{std::move(hash)}, today - day, today, today + day,
                                ctx.now());
}

}  // namespace

std::string AuthorizationCodes::insert(postgres::Batch& batch, const project::Context& ctx, const CodeGrant& given) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_authorization_code "
      "(app_id, hash, expires_on, expires_at, grant_id, user_id, client_id, data) VALUES ($1, $2, $3, $4, $5, $6, $7, "
      "$8)";
  const std::string code = crypto::random_text(kLength, crypto::kBase62);
  const TimePoint expires_at = ctx.now() + kLifetime;
  batch.add(kSql, ctx.app_id(), postgres::Binary{crypto::sha256(code)}, consume::expiry_day(expires_at), expires_at,
            uuid_v7(ctx.now()), given.user, given.client, to_data(given));
  Consents::add(batch, ctx, given.user, given.client, given.scopes);
  return code;
}

Task<std::string> AuthorizationCodes::issue(project::Context& ctx, CodeGrant given) {
  postgres::Batch batch;
  std::string code = insert(batch, ctx, given);
  co_await consume::commit(ctx, std::move(batch));
  co_return code;
}

Task<AuthorizationCodes::Issued> AuthorizationCodes::issue_from(project::Context& ctx, consume::Artefact source,
                                                                CodeGrant given) {
  postgres::Batch batch;
  require_alive(batch, ctx, given);
  std::string code = insert(batch, ctx, given);
  try {
    if (co_await consume::commit(ctx, std::move(source), std::move(batch)) == consume::Outcome::done) {
      co_return Issued{Made::done, std::move(code)};
    }
  } catch (const postgres::StatementError& error) {
    if (!error.requirement_failed()) {
      throw;
    }
    co_return Issued{Made::no_longer_active, {}};
  }
  co_return Issued{Made::used_before, {}};
}

Task<std::optional<AuthorizationCodes::Found>> AuthorizationCodes::find(project::Context& ctx, std::string code) {
  if (code.size() != kLength || code.find_first_not_of(crypto::kBase62) != std::string::npos) {
    co_return std::nullopt;
  }
  const auto row = co_await read(ctx, crypto::sha256(code));
  if (!row) {
    co_return std::nullopt;
  }
  Found found;
  found.given = from_row(*row);
  found.grant = row->grant;
  found.artefact = consume::Artefact{"authorization_code", std::move(code), row->expires_on};
  found.expires_at = row->expires_at;
  found.used = row->used;
  found.user_active = row->user_active;
  if (row->facts) {
    found.user = parse_user_facts(ctx.config(), row->user, *row->facts);
  }
  co_return found;
}

}  // namespace gatehouse::grant
