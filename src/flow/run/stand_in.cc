#include "flow/run/stand_in.h"

#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"

namespace gatehouse::flow {

UserId stand_in_for(const crypto::KeyRing& keys, const project::Context& ctx,
                    const identity::NormalizedLoginId& login_id) {
  std::string message;
  for (const auto& part : {ctx.app_id().str(), login_id.type, login_id.unique_key}) {
    message += std::to_string(part.size()) + ":" + part;
  }
  auto text = crypto::hex(crypto::hmac_sha256(keys.derive(crypto::Purpose::stand_in), message).substr(0, 16));
  text[12] = '4';  // a UUID of version 4, RFC 9562 5.4
  text[16] = "89ab"[std::stoi(text.substr(16, 1), nullptr, 16) % 4];
  for (const std::size_t at : {20, 16, 12, 8}) {
    text.insert(at, "-");
  }
  return UserId(std::move(text));
}

Counted counted_for(const crypto::KeyRing& keys, const project::Context& ctx,
                    const identity::NormalizedLoginId& login_id, const UserId& user) {
  if (!ctx.config().own.authentication.hide_unknown_accounts) {
    return {.said = user, .unsaid = std::nullopt};
  }
  const auto nobody = stand_in_for(keys, ctx, login_id);
  if (user != nobody) {
    return {.said = nobody, .unsaid = user};
  }
  return {.said = nobody, .unsaid = stand_in_for(keys, ctx, {.type = "user", .unique_key = nobody.str()})};
}

}  // namespace gatehouse::flow
