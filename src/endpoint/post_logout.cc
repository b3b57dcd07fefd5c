#include "endpoint/post_logout.h"

#include <boost/json.hpp>

namespace gatehouse::endpoint {

namespace {

namespace json = boost::json;

constexpr Seconds kLifetime{3600};

std::string binding(const project::Context& ctx) { return "post-logout\n" + ctx.app_id().str(); }

}  // namespace

std::string seal_post_logout(const crypto::KeyRing& keys, const project::Context& ctx, const PostLogout& target) {
  const json::object object{
      {"client_id", target.client_id}, {"uri", target.uri}, {"until", unix_seconds(ctx.now() + kLifetime)}};
  return keys.seal(crypto::Purpose::cookie, json::serialize(object), binding(ctx));
}

std::optional<PostLogout> open_post_logout(const crypto::KeyRing& keys, const project::Context& ctx,
                                           std::string_view sealed) {
  const auto plain = keys.open(crypto::Purpose::cookie, sealed, binding(ctx));
  if (!plain) {
    return std::nullopt;
  }
  const json::value object = json::parse(*plain);
  if (unix_seconds(ctx.now()) > object.at("until").as_int64()) {
    return std::nullopt;
  }
  return PostLogout{.client_id = std::string(object.at("client_id").as_string()),
                    .uri = std::string(object.at("uri").as_string())};
}

}  // namespace gatehouse::endpoint
