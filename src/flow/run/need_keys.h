#pragma once

#include <string>

#include <boost/json.hpp>

#include "flow/engine/state.h"
#include "platform/crypto/key_ring.h"

namespace gatehouse::flow {

// Keys of the questions of one turn: the same state fed with the same input asks the same questions under the same
// keys, so a retry sends no second code and spends no second attempt. They tell nothing of the input.
class NeedKeys {
 public:
  NeedKeys(const crypto::KeyRing& keys, const FlowId& flow, const std::string& fed_state,
           const boost::json::object& input);

  NeedKey key(const Pointer& at, std::size_t ordinal) const;

 private:
  std::string turn_;
};

}  // namespace gatehouse::flow
