#pragma once

#include <optional>
#include <string>

#include "domain/sign_in/sign_in.h"
#include "flow/engine/state.h"
#include "flow/run/finished_flows.h"
#include "flow/run/writing.h"
#include "project/context.h"

namespace gatehouse::flow {

inline constexpr auto kFlowLives = std::chrono::hours{24};  // at most, from its creation: its last expiry is fixed then

// A flow that has come to its end, with the request that brought it there.
struct Ending {
  State state;
  std::optional<sign_in::SignIn> sign_in;
  std::optional<SessionId> previous;  // the browser's session, which ends with the new one
  std::string state_token;
  boost::json::object input;
};

// Writes a finished flow: its plan, the events, the session, the result for who asked and the use of the flow itself,
// all in one transaction and one round trip, once.
class Committer {
 public:
  explicit Committer(WritingServices services) : services_(services) {}

  // The flow's result, also when this very request was committed before. Error NotFound/AuthenticationFlowNotFound when
  // another one finished the flow; Invalid/InvariantViolated (DuplicatedIdentity) when somebody took the login ID
  // meanwhile; Forbidden or Unauthorized when what was proved does not hold any more.
  Task<Reply> run(project::Context& ctx, Ending ending);

 private:
  Task<void> explain(project::Context& ctx, const State& state, std::string sqlstate, std::string constraint,
                     std::string message);

  WritingServices services_;
  FinishedFlows finished_flows_;
};

}  // namespace gatehouse::flow
