// Walks every state that a flow can reach, over many configurations, with a world that gives every answer there is, and
// sends every input there is to each of them.
#include <algorithm>
#include <deque>
#include <functional>
#include <set>
#include <source_location>
#include <stdexcept>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "flow/engine/advance.h"
#include "flow/engine/default_flows.h"
#include "flow/engine/state_json.h"

namespace gatehouse::flow {

namespace {

constexpr std::string_view kMarker = "in the clear, Marker 1!";
const TimePoint kNow = from_unix_seconds(1'800'000'000);
const UserId kStandIn("stand-in");

void must(bool holds, std::source_location where = std::source_location::current()) {
  if (!holds) {
    throw std::logic_error("broken promise at line " + std::to_string(where.line()));
  }
}

// ---- A world that answers everything

using Outcome = std::variant<Answer, Error>;

User user_of_database(bool disabled) {
  return {.id = UserId("user"),
          .created_at = kNow,
          .updated_at = kNow,
          .is_disabled = disabled,
          .is_indefinitely_disabled = disabled};
}

identity::FoundLogin login_of_database(const FindIdentity& need, bool disabled, bool with_password) {
  identity::FoundLogin login;
  login.identity.id = IdentityId("identity");
  login.identity.user_id = UserId("user");
  login.identity.login_id_type = text(need.by);
  login.identity.login_id = need.login_id;
  login.user = user_of_database(disabled);
  if (with_password) {
    login.passwords.push_back({.id = AuthenticatorId("password"),
                               .user_id = UserId("user"),
                               .created_at = kNow,
                               .updated_at = kNow,
                               .kind = "primary",
                               .password_hash = "old hash"});
  }
  return login;
}

Error away() { return unavailable("away"); }

std::vector<Outcome> outcomes(const FindIdentity& need) {
  const identity::NormalizedLoginId asked{.type = text(need.by),
                                          .key = text(need.by),
                                          .original = need.login_id,
                                          .login_id = need.login_id,
                                          .unique_key = need.login_id};
  std::vector<Outcome> all{Answer(FoundIdentity{asked, std::nullopt}), away()};
  // A stand-in also where none was asked for: the engine must not need the world to be right.
  all.emplace_back(Answer(FoundIdentity{asked, std::nullopt, kStandIn}));
  for (const bool disabled : {false, true}) {
    for (const bool with_password : {false, true}) {
      all.emplace_back(Answer(FoundIdentity{asked, login_of_database(need, disabled, with_password)}));
    }
  }
  return all;
}

std::vector<Outcome> outcomes(const HashPassword& /*need*/) {
  return {Answer(HashedPassword{"new hash"}), Error(ErrorKind::invalid, "PasswordPolicyViolated", "weak")};
}

std::vector<Outcome> outcomes(const CheckPassword& need) {
  std::vector<Outcome> all{Answer(CheckedPassword{}), Error(ErrorKind::too_many_request, "AccountLockout", "locked")};
  must(need.login_id_of_nobody.has_value() == (need.user.id == kStandIn));
  if (need.login_id_of_nobody) {
    must(need.stored.empty());
    all.emplace_back(Answer(CheckedPassword{.matches = true}));  // a world gone wrong
  }
  for (const auto& stored : need.stored) {
    for (const bool outdated : {false, true}) {
      CheckedPassword right{.matches = true, .authenticator = stored};
      if (outdated) {
        right.new_hash = "upgraded hash";
      }
      all.emplace_back(Answer(right));
      for (const auto reason : {ForceChangeReason::policy, ForceChangeReason::expiry}) {
        right.force_change_reason = reason;
        all.emplace_back(Answer(right));
      }
    }
  }
  return all;
}

std::vector<Outcome> outcomes(const SendCode& /*need*/) {
  return {Answer(SentCode{kNow + std::chrono::minutes{5}, kNow + std::chrono::minutes{1}}),
          Error(ErrorKind::too_many_request, "RateLimited", "too many")};
}

std::vector<Outcome> outcomes(const CheckCode& /*need*/) {
  using enum verification::CodeVerdict;
  return {Answer(CheckedCode{right}), Answer(CheckedCode{wrong}), Answer(CheckedCode{expired}),
          Answer(CheckedCode{too_many_attempts}), away()};
}

// ---- Every input there is

std::vector<Input> every_input() {
  const boost::json::string secret(kMarker);
  std::vector<Input> all{
      {},
      {{"unknown", 1}},
      {{"identification", "email"}},
      {{"identification", "email"}, {"login_id", "one@example.com"}},
      {{"identification", "email"}, {"login_id", "two@example.com"}},
      {{"identification", "username"}, {"login_id", "one"}},
      {{"identification", "phone"}, {"login_id", "+85265000001"}},
      {{"identification", "oauth"}, {"alias", "google"}, {"redirect_uri", "https://example.com"}},
      {{"identification", "id_token"}, {"id_token", "x"}},
      {{"identification", "email"}, {"login_id", 7}},
      {{"authentication", "primary_password"}, {"password", secret}},
      {{"authentication", "primary_password"}, {"password", secret}, {"request_device_token", true}},
      {{"authentication", "primary_password"}, {"new_password", secret}},
      {{"authentication", "primary_password"}, {"password", boost::json::array{secret}}},
      {{"authentication", "secondary_password"}, {"password", secret}},
      {{"authentication", "secondary_totp"}, {"code", "123456"}},
      {{"authentication", "recovery_code"}, {"recovery_code", "0123456789"}},
      {{"authentication", "device_token"}},
      {{"password", secret}},
      {{"new_password", secret}},
      {{"code", "123456"}},
      {{"code", 123456}},
      {{"resend", true}},
      {{"resend", false}},
      {{"check", true}},
      {{"skip", true}},
      {{"confirm_recovery_code", true}},
      {{"confirm_terminate_other_sessions", true}},
      {{"index", 0}},
      {{"account_recovery_code", "123456"}},
  };
  Input everything{{"identification", "email"},
                   {"login_id", "one@example.com"},
                   {"authentication", "primary_password"},
                   {"password", secret},
                   {"new_password", secret},
                   {"code", "123456"},
                   {"resend", true}};
  all.push_back(everything);
  everything["identification"] = "username";
  everything.erase("resend");
  all.push_back(everything);
  return all;
}

// ---- What must hold

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

std::string plan_text(const State& state) {
  State bare;
  bare.plan = state.plan;
  return write_state(bare);
}

std::string fact_text(const Fact& fact) {
  State bare;
  bare.facts = {fact};
  bare.facts.front().key = NeedKey();
  return write_state(bare);
}

// The steps that a person has to pass for these choices, straight from the definition.
void expect_walk(const std::vector<StepDefinition>& steps, const Pointer& first, const State& state,
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

bool on_taken_path(const State& state, const Pointer& at) {
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
bool refused(const Fact& fact) {
  const auto* password = std::get_if<CheckedPassword>(&fact.got);
  const auto* code = std::get_if<CheckedCode>(&fact.got);
  return (password != nullptr && !password->matches) ||
         (code != nullptr && code->verdict != verification::CodeVerdict::right);
}

// Nothing can come out of a flow that is about nobody, whatever is planned later.
void check_stand_in(const State& state) {
  if (stand_in(state) != nullptr) {
    must(!state.finished && state.plan.empty() && !user_of(state));
  }
}

void check_plan_is_backed(const State& state) {
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

void check_login(const State& state, const Definition& definition, const std::vector<Pointer>& walk) {
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

void check_signup(const State& state, const project::Config& config) {
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

void check_finished(const State& state, const Definition& definition, const project::Config& config) {
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

void check_text(const State& state) {
  const auto written = write_state(state);
  must(written.size() <= kLargestState);
  must(written.find(kMarker) == std::string::npos);
  const auto read = read_state(written);
  must(read.has_value());
  must(write_state(*read) == written);
}

// ---- The walk

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

// ---- Configurations

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

RC_GTEST_PROP(FlowEngine, every_reachable_state_keeps_its_promises, ()) {
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
TEST(FlowEngine, no_step_can_be_left_out_by_other_empty_or_repeated_inputs) {
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

}  // namespace gatehouse::flow
