#include "domain/user/users.h"

#include <algorithm>

#include "platform/base/uuid.h"

namespace gatehouse::user {

namespace {

namespace json = boost::json;

struct ClaimRow {
  std::string name;
  bool verified = false;
};
BOOST_DESCRIBE_STRUCT(ClaimRow, (), (name, verified))

bool can_be_verified(const project::VerificationConfig& config, const std::string& claim) {
  const auto& settings = claim == "email" ? config.email : config.phone_number;
  return settings.enabled || settings.required;
}

}  // namespace

bool meets_criteria(const project::VerificationConfig& config, const std::vector<ClaimStatus>& claims) {
  const auto provable =
      std::ranges::count_if(claims, [&](const ClaimStatus& claim) { return can_be_verified(config, claim.name); });
  const auto proven = std::ranges::count_if(claims, &ClaimStatus::verified);
  return provable > 0 && (config.criteria_all ? proven == provable : proven > 0);
}

Task<std::optional<User>> Users::find(project::Context& ctx, const UserId& id) {
  static constexpr postgres::Sql kSql =
      "SELECT id, created_at, updated_at, login_at, is_disabled, disable_reason, "
      "coalesce(standard_attributes, '{}'), coalesce(custom_attributes, '{}'), "
      "coalesce(is_indefinitely_disabled, false) OR is_disabled AND account_status_stale_from IS NULL, "
      "coalesce(is_deactivated, false), is_anonymized, delete_at, "
      "anonymize_at, temporarily_disabled_from, temporarily_disabled_until, account_valid_from, account_valid_until "
      "FROM _auth_user WHERE id = $2 AND (app_id = $1) IS TRUE";
  auto found = co_await ctx.db().optional<User>(kSql, ctx.app_id(), id);
  if (found) {
    found->is_disabled = !may_sign_in(*found, ctx.now());
  }
  co_return found;
}

Task<bool> Users::is_verified(project::Context& ctx, const UserId& id) {
  static constexpr postgres::Sql kSql =
      "SELECT claim.key, EXISTS (SELECT 1 FROM _auth_verified_claim v "
      "WHERE v.app_id = $1 AND v.user_id = $2 AND v.name = claim.key AND v.value = claim.value) "
      "FROM _auth_identity i JOIN _auth_identity_login_id l ON l.id = i.id AND (l.app_id = i.app_id) IS TRUE "
      "CROSS JOIN LATERAL jsonb_each_text(l.claims) AS claim "
      "WHERE i.app_id = $1 AND i.user_id = $2 AND claim.key IN ('email', 'phone_number')";
  const auto rows = co_await ctx.db().all<ClaimRow>(kSql, ctx.app_id(), id);
  std::vector<ClaimStatus> claims;
  claims.reserve(rows.size());
  for (const auto& row : rows) {
    claims.push_back({row.name, row.verified});
  }
  co_return meets_criteria(ctx.config().verification, claims);
}

Task<std::vector<VerifiedClaim>> Users::verified_claims(project::Context& ctx, const UserId& id) {
  static constexpr postgres::Sql kSql =
      "SELECT name, value FROM _auth_verified_claim WHERE app_id = $1 AND user_id = $2 ORDER BY created_at, id";
  return ctx.db().all<VerifiedClaim>(kSql, ctx.app_id(), id);
}

void Users::insert(postgres::Batch& batch, const project::Context& ctx, const User& user) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _auth_user (id, app_id, created_at, updated_at, login_at, is_disabled, disable_reason, "
      "standard_attributes, custom_attributes, is_indefinitely_disabled, is_deactivated) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
  batch.add(kSql, user.id, ctx.app_id(), user.created_at, user.updated_at, user.last_login_at, user.is_disabled,
            user.disable_reason, user.standard_attributes, user.custom_attributes, user.is_indefinitely_disabled,
            user.is_deactivated);
}

void Users::record_login(postgres::Batch& batch, const project::Context& ctx, const UserId& id) {
  static constexpr postgres::Sql kSql =
      "UPDATE _auth_user SET last_login_at = login_at, login_at = $3 WHERE id = $2 AND (app_id = $1) IS TRUE";
  batch.add(kSql, ctx.app_id(), id, ctx.now());
}

void Users::mark_verified(postgres::Batch& batch, const project::Context& ctx, const UserId& id,
                          const VerifiedClaim& claim) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _auth_verified_claim (id, app_id, user_id, name, value, created_at, metadata) "
      "SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM _auth_verified_claim "
      "WHERE app_id = $2 AND user_id = $3 AND name = $4 AND value = $5)";
  const json::object metadata{{"verified_by_channel", claim.name == "email" ? "email" : "sms"}};
  batch.add(kSql, uuid_v4(), ctx.app_id(), id, claim.name, claim.value, ctx.now(), metadata);
}

}  // namespace gatehouse::user
