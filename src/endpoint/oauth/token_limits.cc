#include "endpoint/oauth/token_limits.h"

#include "platform/http/address.h"

namespace gatehouse::oauth {

namespace {

constexpr const char* kGroup = "oauth.token.general";

}  // namespace

std::vector<protection::Bucket> limit_per_ip(const project::Context& ctx) {
  return {{.name = "oauth.token.general.per_ip",
           .group = kGroup,
           .key = http::client_network(ctx.client_ip),
           .limit = ctx.config().own.oauth.token_endpoint.per_ip}};
}

std::vector<protection::Bucket> limit_per_user(const project::Context& ctx, const UserId& user) {
  return {{.name = "oauth.token.general.per_user",
           .group = kGroup,
           .key = user.str(),
           .limit = ctx.config().own.oauth.token_endpoint.per_user}};
}

}  // namespace gatehouse::oauth
