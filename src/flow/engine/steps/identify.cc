#include <algorithm>

#include "flow/engine/errors.h"
#include "flow/engine/steps/steps.h"

namespace gatehouse::flow {

namespace {

// What this version can identify by, of what the definition lists. Of several branches for one identification the last
// wins.
bool offered(Identification identification) {
  return identification == Identification::email || identification == Identification::username;
}

std::optional<int> branch_for(const StepDefinition& step, Identification identification) {
  std::optional<int> found;
  for (std::size_t i = 0; i < step.one_of.size(); ++i) {
    if (step.one_of[i].identification == identification) {
      found = static_cast<int>(i);
    }
  }
  return found;
}

std::vector<Identification> options(const StepDefinition& step) {
  std::vector<Identification> options;
  for (const auto& branch : step.one_of) {
    const auto by = branch.identification;
    if (by && offered(*by) && std::ranges::find(options, *by) == options.end()) {
      options.push_back(*by);
    }
  }
  return options;
}

InputShape shape_of(Identification by) {
  return {constant_key("identification", boost::json::string(text(by))), text_key("login_id")};
}

bool planned_already(const State& state, const identity::NormalizedLoginId& login_id) {
  return std::ranges::any_of(state.plan, [&](const Planned& planned) {
    const auto* add = std::get_if<AddIdentity>(&planned.change);
    return add != nullptr && add->login_id.unique_key == login_id.unique_key;
  });
}

// Whether an account must not be told from none. A sign-up can hide it only where the address is verified next: the
// message goes to its owner, and only its owner could go on.
bool hides(const View& view, const Frame& frame, Identification by) {
  if (!view.config.own.authentication.hide_unknown_accounts) {
    return false;
  }
  if (view.state.type == FlowType::login) {
    return true;
  }
  const auto& step = *view.definition.find(frame.at);
  const auto& next = step.one_of[static_cast<std::size_t>(*branch_for(step, by))].steps;
  return by == Identification::email && !next.empty() && next.front().type == StepType::verify &&
         next.front().target_step == step.name;
}

class Identify : public Step {
 public:
  Next begin(const View& view, const Frame& frame) const override {
    Ask ask{.action = {.type = text(frame.kind), .data = {{"type", "identification_data"}}}};
    boost::json::array shown;
    for (const auto by : options(*view.definition.find(frame.at))) {
      shown.push_back({{"identification", text(by)}});
      ask.accepts.one_of.push_back(shape_of(by));
    }
    ask.action.data["options"] = std::move(shown);
    return ask;
  }

  Next take(const View& view, const Frame& frame, const Input& input) const override {
    const auto by = *from_text<Identification>(input.at("identification").as_string());
    FindIdentity need{.by = by,
                      .login_id = std::string(std::string_view(input.at("login_id").as_string())),
                      .to_create = view.state.type == FlowType::signup,
                      .hide = hides(view, frame, by)};
    const auto* password = input.if_contains("password");
    if (!need.to_create && password != nullptr && password->is_string()) {
      need.came_along.emplace(std::string(std::string_view(password->as_string())));
    }
    return Want{frame.at, std::move(need)};
  }

  Next learn(const View& view, const Frame& frame, const Want& want, const Answer& answer) const override {
    const auto& need = std::get<FindIdentity>(want.need);
    const auto& identity = std::get<FoundIdentity>(answer);
    const auto branch = branch_for(*view.definition.find(frame.at), need.by);
    if (identity.stand_in && need.hide) {
      return Enter{.branch = *branch};  // nothing is planned
    }
    if (need.to_create) {
      return make(view, identity, *branch);
    }
    if (!identity.found) {
      return user_not_found();
    }
    const auto known = user_of(view.state);
    if (known && *known != identity.found->user.id) {
      return Error(ErrorKind::bad_request, "AuthenticationFlowDifferentUserID", "The steps lead to two users.");
    }
    return Enter{.branch = *branch};
  }

 private:
  static Next make(const View& view, const FoundIdentity& identity, int branch) {
    if (identity.found || identity.stand_in || planned_already(view.state, identity.asked)) {
      return identity::duplicated_identity(identity.asked.type);
    }
    Enter enter{.branch = branch};
    if (!user_of(view.state)) {
      enter.plan.emplace_back(CreateUser{view.state.new_user});
    }
    enter.plan.emplace_back(AddIdentity{view.state.new_user, identity.asked});
    return enter;
  }
};

}  // namespace

const Step& identify_step() {
  static const Identify step;
  return step;
}

}  // namespace gatehouse::flow
