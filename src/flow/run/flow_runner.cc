#include "flow/run/flow_runner.h"

#include "flow/engine/advance.h"
#include "flow/engine/default_flows.h"
#include "flow/engine/errors.h"
#include "flow/engine/state_json.h"
#include "flow/run/buckets.h"
#include "flow/run/flow_store.h"
#include "flow/run/need_keys.h"
#include "platform/base/uuid.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"
#include "platform/telemetry/log.h"

namespace gatehouse::flow {

namespace {

constexpr std::string_view kFlowPrefix = "authflow_";
constexpr std::string_view kTokenPrefix = "authflowstate_";
constexpr std::size_t kRandomLength = 32;

std::string new_id(std::string_view prefix) {
  return std::string(prefix) + crypto::random_text(kRandomLength, crypto::kCrockford);
}

bool is_state_token(std::string_view text) {
  return text.size() == kTokenPrefix.size() + kRandomLength && text.starts_with(kTokenPrefix) &&
         text.find_first_not_of(crypto::kCrockford, kTokenPrefix.size()) == std::string_view::npos;
}

Reply reply_of(const State& state, std::string token, Action action) {
  return {.state_token = std::move(token), .type = text(state.type), .name = state.name, .action = std::move(action)};
}

// What events say about whom the flow is for.
void tell_context(project::Context& ctx, const std::optional<sign_in::SignIn>& sign_in) {
  if (!sign_in) {
    return;
  }
  const auto parameter = [&](std::string_view name) {
    const auto* value = sign_in->authorization_request.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(std::string_view(value->as_string())) : std::string();
  };
  ctx.client_id = sign_in->client_id;
  ctx.oauth_state = parameter("state");
  ctx.oauth_x_state = parameter("x_state");
}

bool creates_user(const State& state) {
  return std::ranges::any_of(state.plan,
                             [](const Planned& planned) { return std::holds_alternative<CreateUser>(planned.change); });
}

class FlowRunner : public Runner {
 public:
  explicit FlowRunner(const RunnerServices& services)
      : keys_(services.keys),
        limiter_(services.limiter),
        store_(services.redis, services.keys),
        world_(services.keys, services.login_ids, services.hasher, services.passwords, services.codes, services.limiter,
               services.lockout),
        committer_({.keys = services.keys,
                    .login_ids = services.login_ids,
                    .users = services.users,
                    .passwords = services.passwords,
                    .lockout = services.lockout,
                    .sessions = services.sessions,
                    .finished_sign_ins = services.finished_sign_ins}) {}

  Task<Reply> create(project::Context& ctx, Start start) override {
    co_await limiter_.take_start(ctx, "flow_start");
    const auto definition = define_flow(ctx.config(), start.type, start.name);
    const Rules rules{definition, ctx.config(), ctx.now()};
    tell_context(ctx, start.sign_in);
    State fresh{.flow = FlowId(new_id(kFlowPrefix)),
                .type = definition.type,
                .name = definition.name,
                .definition = digest(definition),
                .created_at = ctx.now(),
                .new_user = UserId(uuid_v4())};
    NeedKeys need_keys(keys_, fresh.flow, write_state(fresh), {});
    Pace pace(false);
    auto turn = co_await settle(ctx, rules, begin(rules, std::move(fresh)), need_keys, pace);
    auto ask = waiting(std::move(turn.next));
    auto token = new_id(kTokenPrefix);
    auto reply = reply_of(turn.state, token, std::move(ask.action));
    FlowSession session{.browser = std::move(start.browser), .sign_in = std::move(start.sign_in)};
    const bool leaves_session_alone = session.sign_in && session.sign_in->suppress_session;
    if (start.session && !leaves_session_alone) {
      session.previous = start.session->id;
    }
    co_await store_.create(ctx, std::move(token), std::move(turn.state), std::move(session));
    co_return reply;
  }

  Task<Reply> feed(project::Context& ctx, std::string state_token, boost::json::object input) override {
    Pace pace(ctx.config().own.authentication.hide_unknown_accounts);
    auto stored = co_await find(ctx, state_token);
    if (!stored) {
      co_return co_await finished_before(ctx, std::move(state_token), std::move(input));
    }
    const auto type = stored->state.type;
    std::optional<Error> refused;
    Reply reply;
    try {
      reply = co_await feed_stored(ctx, std::move(*stored), std::move(state_token), std::move(input), pace);
    } catch (const Error& error) {
      refused = with_flow_type(error, type);
    }
    if (!reply.finished) {
      co_await pace.hold();
    }
    if (refused) {
      throw Error(*refused);
    }
    co_return reply;
  }

  Task<Shown> show(project::Context& ctx, std::string state_token, std::string browser) override {
    auto stored = co_await find(ctx, state_token);
    if (!stored) {
      throw flow_not_found();
    }
    const std::string& owner = stored->session.browser;
    const bool begun_here = !owner.empty() && crypto::secure_equal(owner, browser);
    const auto definition = definition_of(ctx, stored->state);
    auto turn = look({definition, ctx.config(), ctx.now()}, std::move(stored->state));
    auto ask = waiting(std::move(turn.next));
    co_return Shown{reply_of(turn.state, std::move(state_token), std::move(ask.action)), begun_here};
  }

 private:
  // The state of a token that lives: known, within the flow's last expiry.
  Task<std::optional<StoredState>> find(project::Context& ctx, std::string state_token) {
    if (!is_state_token(state_token)) {
      throw flow_not_found();
    }
    auto stored = co_await store_.load(ctx, std::move(state_token));
    if (stored && ctx.now() >= stored->state.created_at + kFlowLives) {
      co_return std::nullopt;
    }
    co_return stored;
  }

  // The flow as the project has it now; one that was changed meanwhile cannot go on.
  static Definition definition_of(const project::Context& ctx, const State& state) {
    auto definition = define_flow(ctx.config(), text(state.type), state.name);
    if (digest(definition) != state.definition) {
      throw flow_not_found();
    }
    return definition;
  }

  Task<Reply> feed_stored(project::Context& ctx, StoredState stored, std::string state_token, boost::json::object input,
                          Pace& pace) {
    const auto definition = definition_of(ctx, stored.state);
    const Rules rules{definition, ctx.config(), ctx.now()};
    tell_context(ctx, stored.session.sign_in);
    NeedKeys need_keys(keys_, stored.state.flow, stored.text, input);
    auto turn = co_await settle(ctx, rules, advance(rules, std::move(stored.state), input), need_keys, pace);
    if (std::holds_alternative<Finish>(turn.next)) {
      Ending ending{std::move(turn.state), std::move(stored.session.sign_in), std::move(stored.session.previous),
                    std::move(state_token), std::move(input)};
      co_return co_await finish(ctx, std::move(ending), std::move(stored.session.browser));
    }
    auto ask = waiting(std::move(turn.next));
    auto token = new_id(kTokenPrefix);
    auto reply = reply_of(turn.state, token, std::move(ask.action));
    if (!co_await store_.save(ctx, std::move(token), std::move(turn.state))) {
      throw flow_not_found();
    }
    co_return reply;
  }

  // Asks the world what the turn wants to know, until it wants nothing more.
  Task<Turn> settle(project::Context& ctx, const Rules& rules, Turn turn, const NeedKeys& need_keys, Pace& pace) {
    while (auto* want = std::get_if<Want>(&turn.next)) {
      auto key = need_keys.key(want->at, turn.wants);
      auto answer = co_await world_.answer(ctx, *want, key, pace);
      turn = advance(rules, std::move(turn), std::move(key), std::move(answer));
    }
    co_return turn;
  }

  static Ask waiting(std::variant<Ask, Want, Finish, Error> next) {
    if (auto* error = std::get_if<Error>(&next)) {
      throw Error(*error);
    }
    return std::get<Ask>(std::move(next));
  }

  Task<Reply> finish(project::Context& ctx, Ending ending, std::string browser) {
    if (creates_user(ending.state)) {
      co_await limiter_.take(ctx, signup_buckets(ctx));
    }
    auto flow = ending.state.flow;
    auto reply = co_await committer_.run(ctx, std::move(ending));
    try {
      co_await store_.remove(ctx, std::move(flow), std::move(browser));
    } catch (const Error& error) {
      // The flow is used up in PostgreSQL; its states in Redis lead nowhere any more.
      log::warn("a finished flow could not be removed", {{"reason", error.reason()}, {"request_id", ctx.request_id}});
    }
    co_return reply;
  }

  Task<Reply> finished_before(project::Context& ctx, std::string state_token, boost::json::object input) {
    auto reply = co_await finished_flows_.find(ctx, std::move(state_token), std::move(input));
    if (!reply) {
      throw flow_not_found();
    }
    co_return std::move(*reply);
  }

  const crypto::KeyRing& keys_;
  protection::RateLimiter& limiter_;
  FlowStore store_;
  DomainWorld world_;
  Committer committer_;
  FinishedFlows finished_flows_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(const RunnerServices& services) { return std::make_unique<FlowRunner>(services); }

}  // namespace gatehouse::flow
