#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "domain/grant/authorization_code.h"
#include "project/context.h"

namespace gatehouse::grant {

// A token family ("offline grant" of the contract) as it begins: one row of _gatehouse_refresh, updated in place by
// every rotation.
struct NewFamily {
  GrantId grant;
  const CodeGrant& given;
  const project::OAuthClient& client;
  std::string key_id;  // of the ring, for all its refresh tokens
  std::optional<boost::json::object> device_info;
};

// Fails the batch (StatementError::requirement_failed) unless the user may sign in and the session of `given` lives.
// The session's row is locked against a logout until the commit: one that comes later finds what this batch writes.
void require_alive(postgres::Batch& batch, const project::Context& ctx, const CodeGrant& given);

// Adds the family, if `require_alive` holds. Ends the client's other families of the user where the client allows only
// one.
void insert_family(postgres::Batch& batch, const project::Context& ctx, const NewFamily& family);

void insert_opaque_token(postgres::Batch& batch, const project::Context& ctx, const NewFamily& family,
                         const std::string& token, TimePoint expires_at);

// Ends the family and all its tokens.
void revoke_family(postgres::Batch& batch, const project::Context& ctx, const GrantId& grant);

}  // namespace gatehouse::grant
