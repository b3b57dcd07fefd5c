#include "main/backend.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "domain/grant/sign_out.h"
#include "endpoint/authui/routes.h"
#include "endpoint/oauth/routes.h"
#include "endpoint/oauth/token_limits.h"
#include "flow/run/flow_runner.h"
#include "platform/base/uuid.h"
#include "platform/telemetry/log.h"

namespace gatehouse::main {

namespace {

postgres::DatabaseOptions database_options(const project::Secrets& servers) {
  postgres::DatabaseOptions options;
  options.url = servers.database_url;
  options.schema = servers.database_schema;
  return options;
}

}  // namespace

Backend::Backend(asio::io_context& io, Deployment& deployment, const endpoint::PageRenderer& pages,
                 const project::Secrets& servers)
    : database_(io, database_options(servers)),
      redis_(io, {.url = servers.redis_url}),
      revocations_(database_, uuid_v4(), deployment.revocations),
      sessions_(revocations_),
      access_tokens_(revocations_, deployment.keys),
      grants_(revocations_, access_tokens_, deployment.keys,
              {.take = [this](project::Context& ctx,
                              const UserId& user) { return limiter_.take(ctx, oauth::limit_per_user(ctx, user)); },
               .give_back =
                   [this](project::Context& ctx, const UserId& user) {
                     return limiter_.give_back(ctx, oauth::limit_per_user(ctx, user));
                   }}),
      limiter_(redis_, deployment.metrics, deployment.local_windows, deployment.settings.starts_per_minute),
      hasher_(deployment.cpu, authenticator::HashFormat::argon2id),
      passwords_(hasher_),
      codes_(limiter_, deployment.keys),
      sign_ins_(redis_, deployment.keys, limiter_),
      finished_sign_ins_(deployment.keys),
      flows_(flow::make_runner({.redis = redis_,
                                .keys = deployment.keys,
                                .login_ids = login_ids_,
                                .users = users_,
                                .hasher = hasher_,
                                .passwords = passwords_,
                                .codes = codes_,
                                .limiter = limiter_,
                                .lockout = lockout_,
                                .sessions = sessions_,
                                .finished_sign_ins = finished_sign_ins_})) {
  add_routes(deployment, pages);
  asio::co_spawn(io, revocations_.run(), [ended = feed_ended_](const std::exception_ptr&) { ended->set(); });
}

Backend::~Backend() = default;

void Backend::add_routes(const Deployment& deployment, const endpoint::PageRenderer& pages) {
  oauth::add_routes(router_, {.revocations = revocations_,
                              .sessions = sessions_,
                              .sign_ins = sign_ins_,
                              .finished_sign_ins = finished_sign_ins_,
                              .grants = grants_,
                              .access_tokens = access_tokens_,
                              .consents = consents_,
                              .limiter = limiter_,
                              .keys = deployment.keys,
                              .pages = pages});
  authui::add_routes(
      router_,
      std::make_shared<const authui::Services>(authui::Services{
          .flows = *flows_,
          .pages = pages,
          .assets = deployment.pages,
          .keys = deployment.keys,
          .find_sign_in = [this](project::Context& ctx, std::string id) { return sign_ins_.find(ctx, std::move(id)); },
          .find_session = [this](project::Context& ctx,
                                 std::string token) { return sessions_.resolve(ctx, std::move(token)); },
          .still_holds =
              [this](const project::Context& ctx, const Session& session) {
                return [this, ticket = sessions_.ticket(ctx, session)] { return revocations_.holds(ticket); };
              },
          .sign_out = [this](project::Context& ctx,
                             SessionId id) { return grant::sign_out(ctx, revocations_, std::move(id)); },
      }));
}

Task<void> Backend::write_last_uses() {
  try {
    co_await sessions_.flush();
    co_await access_tokens_.flush();
  } catch (const std::exception& error) {
    log::warn("the last uses of sessions and tokens were not written", {{"cause", error.what()}});
  }
}

Task<void> Backend::close() {
  co_await write_last_uses();
  revocations_.stop();
  co_await feed_ended_->wait();
  cut();
}

void Backend::cut() {
  revocations_.stop();
  database_.close();
  redis_.close();
}

}  // namespace gatehouse::main
