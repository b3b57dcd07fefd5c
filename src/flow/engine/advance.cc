#include "flow/engine/advance.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "flow/engine/errors.h"

namespace gatehouse::flow {

namespace {

View view_of(const Rules& rules, const State& state) { return {state, rules.definition, rules.config, rules.now}; }

const Step& step_at(const Frame& frame) {
  const auto* step = step_of(frame.kind);
  if (step == nullptr) {
    throw invalid_flow_definition("This version does not have the step " + text(frame.kind) + ".");
  }
  return *step;
}

// A second answer of the same kind at the same step takes the place of the first.
void remember(State& state, Fact fact) {
  std::erase_if(state.facts, [&](const Fact& old) { return old.at == fact.at && old.got.index() == fact.got.index(); });
  state.facts.push_back(std::move(fact));
}

void plan(State& state, const Pointer& at, std::vector<Change> changes) {
  for (auto& change : changes) {
    state.plan.push_back({at, std::move(change)});
  }
}

bool push(const Rules& rules, State& state, const Pointer& at) {
  const auto* step = rules.definition.find(at);
  if (step == nullptr) {
    return false;
  }
  state.path.push_back({at, step->type, std::nullopt});
  return true;
}

// Leaves the step that is done for what follows: the branch it chose, the next step, or what follows its parent.
void leave(const Rules& rules, State& state, std::optional<int> branch) {
  state.path.back().branch = branch;
  state.done.push_back(state.path.back());
  if (branch && push(rules, state, state.path.back().at.inside(*branch))) {
    return;
  }
  while (!state.path.empty()) {
    const auto next = state.path.back().at.next();
    state.path.pop_back();
    if (push(rules, state, next)) {
      return;
    }
  }
}

// Nobody is signed in by a flow that did not prove who they are, whatever its definition says.
void finish(Turn& turn) {
  auto& state = turn.state;
  const auto user = user_of(state);
  if (!user) {
    throw Error(ErrorKind::bad_request, "AuthenticationFlowNoUserID", "The flow ended without a user.");
  }
  auto amr = amr_of(state);
  if (amr.empty()) {
    throw invalid_flow_definition("The flow ended without authentication.");
  }
  plan(state, Pointer(), {OpenSession{*user, std::move(amr)}});
  state.finished = true;
  turn.next = Finish{};
}

// These mean one thing to one point; a later one must not take them for its own.
void use_up(Input& input) {
  static constexpr std::array<std::string_view, 3> kOnce{"code", "resend", "check"};
  for (const auto key : kOnce) {
    input.erase(key);
  }
}

enum class Going { on, over };

// Whether the point takes what is offered. The first point says why not.
bool takes(Turn& turn, const Pointer& at, const InputSchema& schema) {
  if (!turn.input || turn.offered_at == at) {
    return false;
  }
  auto matched = match(schema, *turn.input);
  auto* causes = std::get_if<boost::json::array>(&matched);
  if (causes != nullptr && !turn.accepted) {
    throw validation_failed(std::move(*causes));
  }
  return causes == nullptr;
}

Going apply(const Rules& rules, Turn& turn, Next next);

Going offer(const Rules& rules, Turn& turn, Ask ask) {
  const auto frame = turn.state.path.back();
  if (!takes(turn, frame.at, ask.accepts)) {
    turn.next = std::move(ask);
    return Going::over;
  }
  turn.offered_at = frame.at;
  turn.accepted = true;
  auto next = step_at(frame).take(view_of(rules, turn.state), frame, *turn.input);
  use_up(*turn.input);
  return apply(rules, turn, std::move(next));
}

Going apply(const Rules& rules, Turn& turn, Next next) {
  auto& state = turn.state;
  const auto at = state.path.back().at;
  if (auto* error = std::get_if<Error>(&next)) {
    throw Error(*error);
  }
  if (auto* want = std::get_if<Want>(&next)) {
    ++turn.wants;
    turn.next = std::move(*want);
    return Going::over;
  }
  if (auto* ask = std::get_if<Ask>(&next)) {
    return offer(rules, turn, std::move(*ask));
  }
  if (auto* enter = std::get_if<Enter>(&next)) {
    plan(state, at, std::move(enter->plan));
    leave(rules, state, enter->branch);
    return Going::on;
  }
  plan(state, at, std::move(std::get<Done>(next).plan));
  leave(rules, state, std::nullopt);
  return Going::on;
}

void settle(const Rules& rules, Turn& turn, Going going) {
  while (going == Going::on) {
    if (turn.state.path.empty()) {
      finish(turn);
      return;
    }
    const auto frame = turn.state.path.back();
    going = apply(rules, turn, step_at(frame).begin(view_of(rules, turn.state), frame));
  }
}

// Runs a part of a turn; whatever is thrown becomes the turn's end.
template <class F>
Turn play(Turn turn, F part) {
  try {
    part(turn);
  } catch (const Error& error) {
    turn.next = with_flow_type(error, turn.state.type);
  }
  return turn;
}

}  // namespace

Turn begin(const Rules& rules, State fresh) {
  return play(Turn{.state = std::move(fresh)}, [&](Turn& turn) {
    if (turn.state.type == FlowType::signup && rules.config.authentication.public_signup_disabled) {
      throw Error(ErrorKind::forbidden, "AuthenticationFlowNoPublicSignup", "Nobody can sign up here.");
    }
    push(rules, turn.state, Pointer::first());
    settle(rules, turn, Going::on);
  });
}

Turn look(const Rules& rules, State state) {
  return play(Turn{.state = std::move(state)}, [&](Turn& turn) {
    if (turn.state.finished || turn.state.path.empty()) {
      throw flow_not_found();
    }
    settle(rules, turn, Going::on);
  });
}

Turn advance(const Rules& rules, State state, Input input) {
  return play(Turn{.state = std::move(state), .input = std::move(input)}, [&](Turn& turn) {
    if (turn.state.finished || turn.state.path.empty()) {
      throw flow_not_found();
    }
    settle(rules, turn, Going::on);
  });
}

Turn advance(const Rules& rules, Turn turn, NeedKey key, Answer answer) {
  return play(std::move(turn), [&](Turn& going_on) {
    const auto want = std::get<Want>(std::move(going_on.next));
    const auto frame = going_on.state.path.back();
    auto next = step_at(frame).learn(view_of(rules, going_on.state), frame, want, answer);
    if (!std::holds_alternative<Error>(next)) {
      remember(going_on.state, {std::move(key), frame.at, std::move(answer)});
    }
    settle(rules, going_on, apply(rules, going_on, std::move(next)));
  });
}

}  // namespace gatehouse::flow
