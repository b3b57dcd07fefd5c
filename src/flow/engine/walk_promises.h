#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "flow/engine/state_json.h"
#include "flow/engine/walk_world.h"

// What must hold of every state that a flow can reach, whatever the world answered.
namespace gatehouse::flow::walk {

template <class T>
const T* only(const std::vector<Planned>& plan) {
  const T* found = nullptr;
  for (const auto& planned : plan) {
    if (const auto* change = std::get_if<T>(&planned.change)) {
      must(found == nullptr);
      found = change;
    }
  }
  return found;
}

inline std::string plan_text(const State& state) {
  State bare;
  bare.plan = state.plan;
  return write_state(bare);
}

inline std::string fact_text(const Fact& fact) {
  State bare;
  bare.facts = {fact};
  bare.facts.front().key = NeedKey();
  return write_state(bare);
}

// The steps that a person has to pass for these choices, straight from the definition.
inline void expect_walk(const std::vector<StepDefinition>& steps, const Pointer& first, const State& state,
                        std::vector<Pointer>& walk) {
  auto at = first;
  for (std::size_t i = 0; i < steps.size(); ++i, at = at.next()) {
    walk.push_back(at);
    const auto frame = std::ranges::find(state.done, at, &Frame::at);
    if (frame != state.done.end() && frame->branch) {
      expect_walk(steps[i].one_of.at(static_cast<std::size_t>(*frame->branch)).steps, at.inside(*frame->branch), state,
                  walk);
    }
  }
}

inline bool on_taken_path(const State& state, const Pointer& at) {
  const auto& indices = at.indices();
  for (std::size_t length = 1; length + 1 < indices.size(); length += 2) {
    const Pointer parent(std::vector<int>(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(length)));
    const auto frame = std::ranges::find(state.done, parent, &Frame::at);
    if (frame == state.done.end() || frame->branch != indices[length]) {
      return false;
    }
  }
  const auto here = [&](const Frame& frame) { return frame.at == at; };
  return std::ranges::any_of(state.done, here) || std::ranges::any_of(state.path, here);
}

// A wrong password or code is an error, never something that a flow goes on with.
inline bool refused(const Fact& fact) {
  const auto* password = std::get_if<CheckedPassword>(&fact.got);
  const auto* code = std::get_if<CheckedCode>(&fact.got);
  return (password != nullptr && !password->matches) ||
         (code != nullptr && code->verdict != verification::CodeVerdict::right);
}

// Nothing can come out of a flow that is about nobody, whatever is planned later.
inline void check_stand_in(const State& state) {
  if (stand_in(state) != nullptr) {
    must(!state.finished && state.plan.empty() && !user_of(state));
  }
}

inline void check_plan_is_backed(const State& state) {
  for (const auto& [at, change] : state.plan) {
    must(std::holds_alternative<OpenSession>(change) || on_taken_path(state, at));
    if (const auto* verified = std::get_if<MarkVerified>(&change)) {
      const auto* code = learned<CheckedCode>(state, at);
      must(code != nullptr && code->verdict == verification::CodeVerdict::right);
      must(only<AddIdentity>(state.plan)->login_id.login_id == verified->claim.value);
    }
    if (const auto* set = std::get_if<SetPassword>(&change)) {
      must(learned<HashedPassword>(state, at) != nullptr);
      must(identified(state) != nullptr && set->authenticator.user_id == identified(state)->user.id);
    }
    if (const auto* add = std::get_if<AddAuthenticator>(&change)) {
      const auto* hashed = learned<HashedPassword>(state, at);
      must(hashed != nullptr && hashed->hash == add->password_hash);
      must(add->user == only<CreateUser>(state.plan)->user);
    }
  }
}

inline void check_login(const State& state, const Definition& definition, const std::vector<Pointer>& walk) {
  const auto* login = identified(state);
  must(stand_in(state) == nullptr);
  must(login != nullptr && !login->user.is_disabled);
  must(only<CreateUser>(state.plan) == nullptr && only<AddIdentity>(state.plan) == nullptr);
  must(std::get<OpenSession>(state.plan.back().change).user == login->user.id);
  bool authenticated = false;
  bool must_change = false;
  for (const auto& at : walk) {
    const auto& step = *definition.find(at);
    const auto* checked = learned<CheckedPassword>(state, at);
    if (step.type == StepType::authenticate && !step.optional) {
      must(checked != nullptr && checked->matches && checked->authenticator.user_id == login->user.id);
      authenticated = true;
      must_change = checked->force_change_reason.has_value();
    }
  }
  must(authenticated);
  must((only<SetPassword>(state.plan) != nullptr) == must_change);
}

inline void check_signup(const State& state, const project::Config& config) {
  must(!config.authentication.public_signup_disabled);
  const auto* user = only<CreateUser>(state.plan);
  const auto* identity = only<AddIdentity>(state.plan);
  must(user != nullptr && identity != nullptr && identity->user == user->user);
  must(identified(state) == nullptr);
  must(only<AddAuthenticator>(state.plan) != nullptr && only<SetPassword>(state.plan) == nullptr);
  const auto& email = config.verification.email;
  const bool must_verify = identity->login_id.type == "email" && email.enabled && email.required;
  must((only<MarkVerified>(state.plan) != nullptr) == must_verify);
  must(config.authentication.secondary_authentication_mode != "required");
  must(std::get<OpenSession>(state.plan.back().change).user == user->user);
}

inline void check_finished(const State& state, const Definition& definition, const project::Config& config) {
  must(state.path.empty());
  must(std::holds_alternative<OpenSession>(state.plan.back().change));
  std::vector<Pointer> walk;
  expect_walk(definition.steps, Pointer::first(), state, walk);
  std::vector<Pointer> done;
  std::ranges::transform(state.done, std::back_inserter(done), &Frame::at);
  must(done == walk);
  must(std::get<OpenSession>(state.plan.back().change).amr == (std::vector<std::string>{"pwd", "x_primary_password"}));
  if (state.type == FlowType::login) {
    check_login(state, definition, walk);
  } else {
    check_signup(state, config);
  }
}

inline void check_text(const State& state) {
  const auto written = write_state(state);
  must(written.size() <= kLargestState);
  must(written.find(kMarker) == std::string::npos);
  const auto read = read_state(written);
  must(read.has_value());
  must(write_state(*read) == written);
}

}  // namespace gatehouse::flow::walk
