#include "domain/authenticator/stored_schemes.h"

#include <chrono>
#include <vector>

namespace gatehouse::authenticator {

namespace {

constexpr auto kFresh = std::chrono::minutes{1};

}  // namespace

Task<std::set<std::string>> StoredSchemes::of_project(project::Context& ctx) {
  // From one value to the next in the index, instead of over all rows.
  static constexpr postgres::Sql kSql =
      "WITH RECURSIVE stored AS ("
      "(SELECT _gatehouse_hash_scheme(password_hash) AS scheme FROM _auth_authenticator_password WHERE app_id = $1 "
      "ORDER BY 1 LIMIT 1) "
      "UNION ALL SELECT (SELECT _gatehouse_hash_scheme(p.password_hash) FROM _auth_authenticator_password p "
      "WHERE p.app_id = $1 AND _gatehouse_hash_scheme(p.password_hash) > stored.scheme ORDER BY 1 LIMIT 1) "
      "FROM stored WHERE stored.scheme IS NOT NULL) "
      "SELECT scheme FROM stored WHERE scheme <> '' LIMIT 8";
  const auto known = known_.find(ctx.app_id());
  if (known != known_.end() && ctx.now() < known->second.read_at + kFresh) {
    co_return known->second.schemes;
  }
  const auto rows = co_await ctx.db().all<std::string>(kSql, ctx.app_id());
  Known read{{rows.begin(), rows.end()}, ctx.now()};
  known_.insert_or_assign(ctx.app_id(), read);
  co_return read.schemes;
}

void StoredSchemes::met(const project::Context& ctx, const std::set<std::string>& schemes) {
  if (const auto known = known_.find(ctx.app_id()); known != known_.end()) {
    known->second.schemes.insert(schemes.begin(), schemes.end());
    known->second.schemes.erase("");
  }
}

}  // namespace gatehouse::authenticator
