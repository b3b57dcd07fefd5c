#pragma once

#include <vector>

#include "domain/model/ids.h"
#include "domain/protection/rate_limiter.h"
#include "project/context.h"

// The contract's rate limits that stand in front of a flow's questions.
namespace gatehouse::flow {

std::vector<protection::Bucket> account_enumeration_buckets(const project::Context& ctx);
std::vector<protection::Bucket> signup_buckets(const project::Context& ctx);
// Without a user: for accounts that do not exist.
std::vector<protection::Bucket> password_buckets(const project::Context& ctx, const UserId* user);
// Only that of the user.
std::vector<protection::Bucket> password_user_buckets(const project::Context& ctx, const UserId& user);

}  // namespace gatehouse::flow
