#pragma once

#include <optional>
#include <string>

#include "domain/sign_in/sign_in.h"
#include "flow/engine/state.h"
#include "platform/crypto/key_ring.h"
#include "platform/redis/client.h"
#include "project/context.h"

namespace gatehouse::flow {

inline constexpr Seconds kStateLives = std::chrono::minutes{20};
inline constexpr int kFlowsPerBrowser = 20;

// What belongs to a whole flow, whatever its state.
struct FlowSession {
  std::string browser;
  std::optional<sign_in::SignIn> sign_in;
  std::optional<SessionId> previous;  // the browser's session when it began; ends with the new one
};

struct StoredState {
  State state;
  std::string text;  // as it was sealed
  FlowSession session;
};

// Flow states on their way, sealed in Redis under their tokens' hashes: one round trip a call. A token lives for 20
// minutes, a flow for 20 minutes from its last accepted input; when the flow is gone, all of its tokens are.
class FlowStore {
 public:
  FlowStore(redis::Client& redis, const crypto::KeyRing& keys) : redis_(redis), keys_(keys) {}

  // A new flow; the browser's oldest goes where it has too many.
  Task<void> create(project::Context& ctx, std::string token, State state, FlowSession session);
  // A new state of the flow; false where the flow is gone.
  Task<bool> save(project::Context& ctx, std::string token, State state);
  Task<std::optional<StoredState>> load(project::Context& ctx, std::string token);
  Task<void> remove(project::Context& ctx, FlowId flow, std::string browser);

 private:
  redis::Client& redis_;
  const crypto::KeyRing& keys_;
};

}  // namespace gatehouse::flow
