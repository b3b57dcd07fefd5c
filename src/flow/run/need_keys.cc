#include "flow/run/need_keys.h"

#include "flow/run/finished_flows.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"

namespace gatehouse::flow {

NeedKeys::NeedKeys(const crypto::KeyRing& keys, const FlowId& flow, const std::string& fed_state,
                   const boost::json::object& input) {
  const auto key = keys.derive(crypto::Purpose::need);
  turn_ = crypto::hmac_sha256(key, flow.str() + crypto::sha256(fed_state) + crypto::hmac_sha256(key, canonical(input)));
}

NeedKey NeedKeys::key(const Pointer& at, std::size_t ordinal) const {
  return NeedKey(crypto::hex(crypto::hmac_sha256(turn_, at.text() + "#" + std::to_string(ordinal))));
}

}  // namespace gatehouse::flow
