#include "flow/engine/state.h"

#include <algorithm>

namespace gatehouse::flow {

const Frame* completed(const State& state, const Definition& definition, std::string_view step_name) {
  for (const auto& frame : state.done) {
    const auto* step = definition.find(frame.at);
    if (step != nullptr && step->name == step_name) {
      return &frame;
    }
  }
  return nullptr;
}

const FoundIdentity* found_identity(const State& state) {
  for (const auto& fact : state.facts) {
    const auto* answer = std::get_if<FoundIdentity>(&fact.got);
    if (answer != nullptr && answer->found) {
      return answer;
    }
  }
  return nullptr;
}

const identity::FoundLogin* identified(const State& state) {
  const auto* answer = found_identity(state);
  return answer == nullptr ? nullptr : &*answer->found;
}

const FoundIdentity* stand_in(const State& state) {
  for (const auto& fact : state.facts) {
    const auto* answer = std::get_if<FoundIdentity>(&fact.got);
    if (answer != nullptr && answer->stand_in) {
      return answer;
    }
  }
  return nullptr;
}

std::optional<UserId> user_of(const State& state) {
  if (stand_in(state) != nullptr) {
    return std::nullopt;
  }
  if (const auto* login = identified(state)) {
    return login->user.id;
  }
  const auto creates = [](const Planned& planned) { return std::holds_alternative<CreateUser>(planned.change); };
  return std::ranges::any_of(state.plan, creates) ? std::optional(state.new_user) : std::nullopt;
}

std::vector<std::string> amr_of(const State& state) {
  bool primary_password = false;
  for (const auto& fact : state.facts) {
    const auto* checked = std::get_if<CheckedPassword>(&fact.got);
    primary_password = primary_password || (checked != nullptr && checked->matches);
  }
  for (const auto& planned : state.plan) {
    primary_password = primary_password || std::holds_alternative<AddAuthenticator>(planned.change);
  }
  return primary_password ? std::vector<std::string>{"pwd", "x_primary_password"} : std::vector<std::string>{};
}

std::vector<std::string> user_inputs(const State& state) {
  std::vector<std::string> inputs;
  for (const auto& fact : state.facts) {
    if (const auto* answer = std::get_if<FoundIdentity>(&fact.got)) {
      inputs.push_back(answer->asked.original);
    }
  }
  return inputs;
}

}  // namespace gatehouse::flow
