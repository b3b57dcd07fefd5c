#include "flow/run/committer.h"

#include "domain/consume/consume.h"
#include "flow/engine/errors.h"
#include "flow/run/writing.h"

namespace gatehouse::flow {

namespace {

// What the database refused.
struct Refusal {
  std::string sqlstate;
  std::string constraint;
  std::string message;
};

std::string login_id_type(const State& state) {
  for (const auto& planned : state.plan) {
    if (const auto* add = std::get_if<AddIdentity>(&planned.change)) {
      return add->login_id.type;
    }
  }
  return {};
}

}  // namespace

Task<Reply> Committer::run(project::Context& ctx, Ending ending) {
  const auto expires_on = consume::expiry_day(ending.state.created_at + kFlowLives);
  const consume::Artefact flow{"flow", ending.state.flow.str(), expires_on};
  Writing writing(services_, ctx, ending.state);
  auto reply = writing.write(ending.sign_in);
  reply.state_token = ending.state_token;
  if (ending.previous) {
    services_.sessions.revoke(writing.batch(), ctx, *ending.previous);
  }
  finished_flows_.insert(writing.batch(), ctx, ending.state_token, ending.input, reply, expires_on);
  std::optional<Refusal> refused;
  try {
    if (co_await consume::commit(ctx, flow, writing.batch()) == consume::Outcome::done) {
      if (ending.previous) {
        services_.sessions.feed().announce(ctx.app_id(), {ending.previous->str()});
      }
      co_return reply;
    }
  } catch (const postgres::StatementError& error) {
    refused = Refusal{error.sqlstate(), error.constraint(), error.what()};
  }
  if (refused) {
    co_await explain(ctx, ending.state, refused->sqlstate, refused->constraint, refused->message);
  }
  auto before = co_await finished_flows_.find(ctx, ending.state_token, ending.input);
  if (!before) {
    throw flow_not_found();
  }
  co_return std::move(*before);
}

// Turns the refusal into what the person has to hear; always throws.
Task<void> Committer::explain(project::Context& ctx, const State& state, std::string sqlstate, std::string constraint,
                              std::string message) {
  const postgres::StatementError error(sqlstate, constraint, message);
  if (error.unique_violation(identity::kUniqueLoginId)) {
    throw identity::duplicated_identity(login_id_type(state));
  }
  const auto user = user_of(state);
  if (!error.requirement_failed() || !user) {
    throw error;
  }
  if (message.find(kPasswordRequirement) != std::string::npos) {
    throw invalid_credentials("password");
  }
  const auto now = co_await services_.users.find(ctx, *user);
  if (now) {
    user::check_may_sign_in(*now, ctx.now());
  }
  throw user_not_found();
}

}  // namespace gatehouse::flow
