#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/crypto/key_ring.h"
#include "project/context.h"

namespace gatehouse::endpoint {

// Where /logout goes when the person has confirmed: what /oauth2/end_session checked, sealed into the query of /logout
// ("x_return"), so that nobody else can choose it. Valid for an hour, in this project only.
struct PostLogout {
  std::string client_id;  // whose request it was; empty: unknown
  std::string uri;        // registered post_logout_redirect_uri with its `state`; empty: the page "You are signed out"
};
std::string seal_post_logout(const crypto::KeyRing& keys, const project::Context& ctx, const PostLogout& target);
std::optional<PostLogout> open_post_logout(const crypto::KeyRing& keys, const project::Context& ctx,
                                           std::string_view sealed);

}  // namespace gatehouse::endpoint
