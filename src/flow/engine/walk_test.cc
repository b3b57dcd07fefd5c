// Walks every state that a flow can reach, over many configurations, with a world that gives every answer there is, and
// sends every input there is to each of them.
#include <deque>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "flow/engine/default_flows.h"
#include "flow/engine/walk_promises.h"

namespace gatehouse::flow::walk {

namespace {

class Walker {
 public:
  Walker(FlowType type, const project::Config& config)
      : config_(config), definition_(define_flow(config, text(type), "default")) {}

  void run() {
    State fresh{.flow = FlowId("authflow_1"),
                .type = definition_.type,
                .name = "default",
                .created_at = kNow,
                .new_user = UserId("new")};
    play(fresh, begin(rules(), fresh), {});
    while (!waiting_.empty()) {
      const auto state = waiting_.front();
      waiting_.pop_front();
      for (const auto& input : inputs_) {
        play(state, advance(rules(), state, input), {});
      }
      check_refuses_nothing_given(state);
    }
  }

  std::size_t states() const { return seen_.size(); }
  std::size_t finished() const { return finished_; }
  std::size_t hidden() const { return hidden_; }

 private:
  Rules rules() const { return {definition_, config_, kNow}; }

  // Follows every answer to everything that the turn wants to know; `given` are the facts it got so far.
  void play(const State& before, const Turn& turn, std::set<std::string> given) {
    const auto* want = std::get_if<Want>(&turn.next);
    if (want == nullptr) {
      check_turn(before, turn, given);
      return;
    }
    must(turn.wants < 20U);
    const auto all = std::visit([](const auto& need) { return outcomes(need); }, want->need);
    for (const auto& outcome : all) {
      const auto* answer = std::get_if<Answer>(&outcome);
      if (answer == nullptr) {
        continue;  // the turn is dropped: the flow is where it was before
      }
      auto known = given;
      known.insert(fact_text({NeedKey(), want->at, *answer}));
      play(before, advance(rules(), turn, NeedKey("key"), *answer), std::move(known));
    }
  }

  void check_turn(const State& before, const Turn& turn, const std::set<std::string>& given) {
    if (const auto* error = std::get_if<Error>(&turn.next)) {
      must(error->info().at("FlowType").as_string() == text(before.type));
      must(error->kind() != ErrorKind::internal_error);
      must(!before.finished || error->reason() == "AuthenticationFlowNotFound");
      return;
    }
    must(!before.finished);
    const auto& after = turn.state;
    check_step(before, after, given);
    check_plan_is_backed(after);
    check_stand_in(after);
    hidden_ += stand_in(after) != nullptr ? 1U : 0U;
    check_text(after);
    must(after.finished == std::holds_alternative<Finish>(turn.next));
    must(after.finished == (only<OpenSession>(after.plan) != nullptr));
    if (after.finished) {
      ++finished_;
      check_finished(after, definition_, config_);
    }
    if (seen_.insert(write_state(after)).second) {
      waiting_.push_back(after);
    }
  }

  // Nothing is known that was not known before or was answered now, and nothing that was planned is taken back.
  static void check_step(const State& before, const State& after, std::set<std::string> known) {
    for (const auto& fact : before.facts) {
      known.insert(fact_text(fact));
    }
    for (const auto& fact : after.facts) {
      must(known.contains(fact_text(fact)));
      must(on_taken_path(after, fact.at));
      must(!refused(fact));
    }
    auto shortened = after;
    must(before.plan.size() <= after.plan.size());
    shortened.plan.resize(before.plan.size());
    must(plan_text(shortened) == plan_text(before));
    must(before.done.size() <= after.done.size());
    for (std::size_t i = 0; i < before.done.size(); ++i) {
      must(before.done[i].at == after.done[i].at && before.done[i].branch == after.done[i].branch);
    }
  }

  // An input with nothing in it, or nothing that is known, moves nothing.
  void check_refuses_nothing_given(const State& state) const {
    for (const auto& input : {Input{}, Input{{"unknown", true}}}) {
      const auto turn = advance(rules(), state, input);
      const auto* error = std::get_if<Error>(&turn.next);
      must(error != nullptr);
      must(error->reason() == (state.finished ? "AuthenticationFlowNotFound" : "ValidationFailed"));
    }
  }

  project::Config config_;
  Definition definition_;
  std::vector<Input> inputs_ = every_input();
  std::deque<State> waiting_;
  std::set<std::string> seen_;
  std::size_t finished_ = 0;
  std::size_t hidden_ = 0;
};

project::Config usual_config() {
  project::Config config;
  config.authentication.identities = {"login_id"};
  config.authentication.primary_authenticators = {"password"};
  config.authentication.secondary_authenticators = {"totp"};
  config.login_id.keys = {{.key = "email", .type = "email"}, {.key = "username", .type = "username"}};
  return config;
}

project::Config any_config() {
  auto config = usual_config();
  auto& authentication = config.authentication;
  authentication.public_signup_disabled = *rc::gen::weightedElement<bool>({{9, false}, {1, true}});
  authentication.identities = *rc::gen::weightedElement<std::vector<std::string>>(
      {{8, {"login_id"}}, {2, {"oauth", "login_id"}}, {1, {"oauth"}}});
  authentication.primary_authenticators =
      *rc::gen::weightedElement<std::vector<std::string>>({{6, {"password"}},
                                                           {2, {"oob_otp_email", "password"}},
                                                           {1, {"oob_otp_email"}},
                                                           {1, {"passkey", "password"}},
                                                           {1, {}}});
  authentication.secondary_authenticators =
      *rc::gen::elementOf(std::vector<std::vector<std::string>>{{"totp"}, {"password", "totp", "oob_otp_sms"}, {}});
  authentication.secondary_authentication_mode =
      *rc::gen::element<std::string>("disabled", "if_exists", "required", "if_requested");
  authentication.recovery_code_disabled = *rc::gen::arbitrary<bool>();
  authentication.device_token_disabled = *rc::gen::arbitrary<bool>();
  config.login_id.keys.clear();
  for (const auto& type : *rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(
                                                  rc::gen::element<std::string>("email", "username", "phone")))) {
    config.login_id.keys.push_back({.key = type, .type = type});
  }
  config.verification.email.enabled = *rc::gen::arbitrary<bool>();
  config.verification.email.required = *rc::gen::arbitrary<bool>();
  config.own.authentication.hide_unknown_accounts = *rc::gen::arbitrary<bool>();
  return config;
}

}  // namespace

RC_GTEST_PROP(FlowEngine, lesson_1_every_reachable_state_keeps_its_promises, ()) {
  const auto config = any_config();
  for (const auto type : {FlowType::signup, FlowType::login}) {
    Walker walker(type, config);
    walker.run();
    RC_CLASSIFY(walker.finished() > 0, "somebody signed in");
    RC_CLASSIFY(walker.hidden() > 0, "somebody was nobody");
    RC_ASSERT(config.own.authentication.hide_unknown_accounts || walker.hidden() == 0U);
  }
}

// CVE-2026-18963, CVE-2026-49443, CVE-2024-47070 elsewhere: a step left out by another step's input, by an empty one,
// or because a question failed.
TEST(FlowEngine, lesson_1_lesson_2_lesson_3_no_step_can_be_left_out_by_other_empty_or_repeated_inputs) {
  for (const auto type : {FlowType::signup, FlowType::login}) {
    Walker walker(type, usual_config());
    walker.run();
    EXPECT_GT(walker.states(), 5U);
    EXPECT_GT(walker.finished(), 1U);
  }
}

TEST(FlowEngine, nobody_goes_as_far_as_the_password_and_the_code_and_no_further) {
  auto config = usual_config();
  config.own.authentication.hide_unknown_accounts = true;
  for (const auto type : {FlowType::signup, FlowType::login}) {
    Walker walker(type, config);
    walker.run();
    EXPECT_GT(walker.hidden(), 1U);
    EXPECT_GT(walker.finished(), 1U);
  }
}

}  // namespace gatehouse::flow::walk
