#include "flow/run/buckets.h"

#include <algorithm>
#include <iterator>

#include "platform/http/address.h"

namespace gatehouse::flow {

namespace {

constexpr std::string_view kPassword = "authentication.password";

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
  std::vector<protection::Bucket> buckets{bucket(kPassword, "per_ip", http::client_network(ctx.client_ip),
                                                 ctx.config().authentication.rate_limits.password_per_ip)};
  if (user != nullptr) {
    std::ranges::move(password_user_buckets(ctx, *user), std::back_inserter(buckets));
  }
  return buckets;
}

std::vector<protection::Bucket> password_user_buckets(const project::Context& ctx, const UserId& user) {
  return {bucket(kPassword, "per_user_per_ip", user.str() + " " + http::client_network(ctx.client_ip),
                 ctx.config().authentication.rate_limits.password_per_user_per_ip)};
}

}  // namespace gatehouse::flow
