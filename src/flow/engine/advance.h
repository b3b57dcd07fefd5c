#pragma once

#include <cstddef>
#include <optional>
#include <variant>

#include "flow/engine/step.h"

namespace gatehouse::flow {

// What a flow is played by.
struct Rules {
  const Definition& definition;
  const project::Config& config;
  TimePoint now;
};

struct Finish {};  // nothing is left to ask: the state's plan is to be committed

// One input's way through a flow, a value like everything else. While `next` is a Want, the world is to be asked and
// the turn to be advanced with its answer; otherwise the turn is over: an Error leaves the flow as it was before.
struct Turn {
  State state;
  std::optional<Input> input;         // still offered to the points that are reached
  bool accepted = false;              // some point has used it
  std::optional<Pointer> offered_at;  // the last point that used it
  std::size_t wants = 0;              // how often the world was asked
  std::variant<Ask, Want, Finish, Error> next = Finish{};
};

// A new flow at its first step. Error Forbidden/AuthenticationFlowNoPublicSignup where nobody may sign up.
Turn begin(const Rules& rules, State fresh);
// A flow as it stands.
Turn look(const Rules& rules, State state);
// Offers an input to the point where the flow waits, then to each point that is reached, until one does not take it.
// What the first point refuses is Error Invalid/ValidationFailed. A finished flow refuses everything with
// NotFound/AuthenticationFlowNotFound.
Turn advance(const Rules& rules, State state, Input input);
// Goes on with the answer to `turn.next`.
Turn advance(const Rules& rules, Turn turn, NeedKey key, Answer answer);

}  // namespace gatehouse::flow
