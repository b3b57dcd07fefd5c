#include "domain/identity/login_id.h"
#include "domain/user/users.h"

namespace gatehouse::identity {

namespace {

template <class T>
constexpr std::size_t kColumns =
    boost::mp11::mp_size<boost::describe::describe_members<T, boost::describe::mod_any_access>>::value;

constexpr std::size_t kUserColumn = kColumns<LoginIdIdentity>;
constexpr std::size_t kVerifiedColumn = kUserColumn + kColumns<User>;
constexpr std::size_t kClaimsColumn = kVerifiedColumn + 1;
constexpr std::size_t kSecondFactorColumn = kClaimsColumn + 1;
constexpr std::size_t kPasswordColumn = kSecondFactorColumn + 1;

// [[name, verified], …]
std::vector<user::ClaimStatus> claims_of(const boost::json::value& rows) {
  std::vector<user::ClaimStatus> claims;
  for (const auto& row : rows.as_array()) {
    claims.push_back({std::string(row.at(0).as_string()), row.at(1).as_bool()});
  }
  return claims;
}

// One row for each password; the first identity in the order of the candidates is the one.
FoundLogin read_login(const project::Context& ctx, const postgres::Result& result) {
  FoundLogin found;
  found.identity = result.as<LoginIdIdentity>(0);
  found.user = result.as<User>(0, kUserColumn);
  found.user.is_disabled = !user::may_sign_in(found.user, ctx.now());
  found.verified = result.as<bool>(0, kVerifiedColumn);
  found.user_verified =
      user::meets_criteria(ctx.config().verification, claims_of(result.as<boost::json::value>(0, kClaimsColumn)));
  found.has_second_factor = result.as<bool>(0, kSecondFactorColumn);
  for (std::size_t row = 0; row < result.rows(); ++row) {
    const bool same = result.at(row, 0) == result.at(0, 0);
    if (same && result.at(row, kPasswordColumn)) {
      found.passwords.push_back(result.as<PasswordAuthenticator>(row, kPasswordColumn));
    }
  }
  return found;
}

}  // namespace

// While a young table has no statistics, the planner takes every index that begins with app_id for as good as the key.
// The range of one key in its order leaves it the unique index, "IS TRUE" the primary keys; LIMIT makes no
// hash of all there are.
Task<std::optional<FoundLogin>> LoginIds::find(project::Context& ctx, std::vector<NormalizedLoginId> candidates) {
  static constexpr postgres::Sql kSql =
      "SELECT i.id, i.user_id, i.created_at, i.updated_at, l.login_id_key, l.login_id_type, l.login_id, "
      "l.original_login_id, l.unique_key, l.claims, "
      "u.id, u.created_at, u.updated_at, u.login_at, u.is_disabled, u.disable_reason, "
      "coalesce(u.standard_attributes, '{}'), coalesce(u.custom_attributes, '{}'), "
      "coalesce(u.is_indefinitely_disabled, false) OR u.is_disabled AND u.account_status_stale_from IS NULL, "
      "coalesce(u.is_deactivated, false), u.is_anonymized, "
      "u.delete_at, u.anonymize_at, u.temporarily_disabled_from, u.temporarily_disabled_until, u.account_valid_from, "
      "u.account_valid_until, "
      "EXISTS (SELECT 1 FROM jsonb_each_text(l.claims) AS claim JOIN _auth_verified_claim v "
      "ON v.app_id = $1 AND v.user_id = i.user_id AND v.name = claim.key AND v.value = claim.value), "
      "(SELECT coalesce(jsonb_agg(jsonb_build_array(claim.key, EXISTS (SELECT 1 FROM _auth_verified_claim v "
      "WHERE v.app_id = $1 AND v.user_id = i.user_id AND v.name = claim.key AND v.value = claim.value))), '[]') "
      "FROM _auth_identity own CROSS JOIN LATERAL (SELECT ids.claims FROM _auth_identity_login_id ids "
      "WHERE ids.id = own.id AND (ids.app_id = $1) IS TRUE OFFSET 0) ids "
      "CROSS JOIN LATERAL jsonb_each_text(ids.claims) AS claim "
      "WHERE own.app_id = $1 AND own.user_id = i.user_id AND claim.key IN ('email', 'phone_number')), "
      "coalesce((SELECT true FROM _auth_authenticator s "
      "WHERE s.app_id = $1 AND s.user_id = i.user_id AND s.kind = 'secondary' LIMIT 1), false), "
      "a.id, a.user_id, a.created_at, a.updated_at, a.kind, a.password_hash, a.expire_after "
      "FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS wanted (type, unique_key, place) "
      "JOIN LATERAL (SELECT l.id, l.login_id_key, l.login_id_type, l.login_id, l.original_login_id, l.unique_key, "
      "l.claims FROM _auth_identity_login_id l WHERE l.app_id = $1 "
      "AND l.unique_key BETWEEN wanted.unique_key AND wanted.unique_key AND l.login_id_type = wanted.type "
      "ORDER BY l.unique_key LIMIT 1) l ON true "
      "JOIN LATERAL (SELECT i.id, i.user_id, i.created_at, i.updated_at FROM _auth_identity i "
      "WHERE i.id = l.id AND (i.app_id = $1) IS TRUE OFFSET 0) i ON true "
      "JOIN LATERAL (SELECT u.id, u.created_at, u.updated_at, u.login_at, u.is_disabled, u.disable_reason, "
      "u.standard_attributes, u.custom_attributes, u.is_indefinitely_disabled, u.account_status_stale_from, "
      "u.is_deactivated, u.is_anonymized, u.delete_at, u.anonymize_at, u.temporarily_disabled_from, "
      "u.temporarily_disabled_until, u.account_valid_from, u.account_valid_until FROM _auth_user u "
      "WHERE u.id = i.user_id AND (u.app_id = $1) IS TRUE OFFSET 0) u ON true "
      "LEFT JOIN LATERAL (SELECT a.id, a.user_id, a.created_at, a.updated_at, a.kind, p.password_hash, p.expire_after "
      "FROM _auth_authenticator a JOIN _auth_authenticator_password p ON p.id = a.id AND (p.app_id = $1) IS TRUE "
      "WHERE a.app_id = $1 AND a.user_id = i.user_id AND a.type = 'password' OFFSET 0) a ON true "
      "ORDER BY wanted.place, a.id";
  if (candidates.empty()) {
    co_return std::nullopt;
  }
  std::vector<std::string> types;
  std::vector<std::string> keys;
  for (auto& candidate : candidates) {
    types.push_back(std::move(candidate.type));
    keys.push_back(std::move(candidate.unique_key));
  }
  const auto result = co_await ctx.db().run(kSql, postgres::Params(ctx.app_id(), types, keys));
  if (result.rows() == 0) {
    co_return std::nullopt;
  }
  co_return read_login(ctx, result);
}

Task<std::vector<LoginIdIdentity>> LoginIds::of_user(project::Context& ctx, const UserId& user) {
  static constexpr postgres::Sql kSql =
      "SELECT i.id, i.user_id, i.created_at, i.updated_at, l.login_id_key, l.login_id_type, l.login_id, "
      "l.original_login_id, l.unique_key, l.claims "
      "FROM _auth_identity i JOIN _auth_identity_login_id l ON l.id = i.id AND (l.app_id = i.app_id) IS TRUE "
      "WHERE i.app_id = $1 AND i.user_id = $2 AND i.type = 'login_id' ORDER BY i.created_at, i.id";
  return ctx.db().all<LoginIdIdentity>(kSql, ctx.app_id(), user);
}

void LoginIds::insert(postgres::Batch& batch, const project::Context& ctx, const LoginIdIdentity& identity) {
  static constexpr postgres::Sql kIdentity =
      "INSERT INTO _auth_identity (id, app_id, type, user_id, created_at, updated_at) "
      "VALUES ($1, $2, 'login_id', $3, $4, $5)";
  static constexpr postgres::Sql kLoginId =
      "INSERT INTO _auth_identity_login_id (id, app_id, login_id_key, login_id, claims, original_login_id, unique_key, "
      "login_id_type) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
  batch.add(kIdentity, identity.id, ctx.app_id(), identity.user_id, identity.created_at, identity.updated_at);
  batch.add(kLoginId, identity.id, ctx.app_id(), identity.login_id_key, identity.login_id, identity.claims,
            identity.original_login_id, identity.unique_key, identity.login_id_type);
}

}  // namespace gatehouse::identity
