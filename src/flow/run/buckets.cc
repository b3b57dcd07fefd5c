#include "flow/run/buckets.h"

#include "platform/http/address.h"

namespace gatehouse::flow {

namespace {

protection::Bucket bucket(std::string_view group, std::string_view scope, std::string key,
                          const project::RateLimit& limit) {
  return {.name = std::string(group) + "." + std::string(scope),
          .group = std::string(group),
          .key = std::move(key),
          .limit = limit};
}

}  // namespace

std::vector<protection::Bucket> account_enumeration_buckets(const project::Context& ctx) {
  return {bucket("authentication.account_enumeration", "per_ip", http::client_network(ctx.client_ip),
                 ctx.config().authentication.rate_limits.account_enumeration_per_ip)};
}

std::vector<protection::Bucket> signup_buckets(const project::Context& ctx) {
  return {bucket("authentication.signup", "per_ip", http::client_network(ctx.client_ip),
                 ctx.config().authentication.rate_limits.signup_per_ip)};
}

std::vector<protection::Bucket> password_buckets(const project::Context& ctx, const UserId* user) {
  static constexpr std::string_view kGroup = "authentication.password";
  const auto& limits = ctx.config().authentication.rate_limits;
  std::vector<protection::Bucket> buckets{
      bucket(kGroup, "per_ip", http::client_network(ctx.client_ip), limits.password_per_ip)};
  if (user != nullptr) {
    buckets.push_back(bucket(kGroup, "per_user_per_ip", user->str() + " " + http::client_network(ctx.client_ip),
                             limits.password_per_user_per_ip));
  }
  return buckets;
}

}  // namespace gatehouse::flow
