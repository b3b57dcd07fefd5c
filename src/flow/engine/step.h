#pragma once

#include <variant>
#include <vector>

#include "flow/engine/input_schema.h"
#include "flow/engine/state.h"
#include "flow/runner.h"
#include "project/config.h"

namespace gatehouse::flow {

// All that a step sees.
struct View {
  const State& state;
  const Definition& definition;
  const project::Config& config;
  TimePoint now;
};

struct Ask {  // waits for a person
  Action action;
  InputSchema accepts;
};
struct Want {  // asks the world
  Pointer at;
  Need need;
};
struct Enter {  // done, and goes on inside of a branch
  int branch = 0;
  std::vector<Change> plan;
};
struct Done {
  std::vector<Change> plan;
};
using Next = std::variant<Ask, Want, Enter, Done, Error>;

// One kind of step. Pure: the same view gives the same answer, and what it may know stands in the state.
class Step {
 public:
  virtual ~Step() = default;

  // What the step does as things are: first, and again whenever its state is looked at.
  virtual Next begin(const View& view, const Frame& frame) const = 0;
  // An input that fits what `begin` asked for. May throw Error.
  virtual Next take(const View& view, const Frame& frame, const Input& input) const;
  // The answer to a Want of this step; a fact of the state from now on unless this is an Error. May throw Error.
  virtual Next learn(const View& view, const Frame& frame, const Want& want, const Answer& answer) const;
};

// Null for a kind that this version has no step for.
const Step* step_of(StepType kind);

}  // namespace gatehouse::flow
