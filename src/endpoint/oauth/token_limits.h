#pragma once

#include "domain/model/ids.h"
#include "domain/protection/rate_limiter.h"
#include "project/context.h"

namespace gatehouse::oauth {

// The token endpoint's limits (oauth.token_endpoint.rate_limits of gatehouse.yaml), for each address and for each user.
// Each check of a client's secret counts for the address, whichever endpoint makes it.
std::vector<protection::Bucket> limit_per_ip(const project::Context& ctx);
std::vector<protection::Bucket> limit_per_user(const project::Context& ctx, const UserId& user);

}  // namespace gatehouse::oauth
