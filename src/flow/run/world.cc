#include "flow/run/world.h"

#include "domain/consume/consume.h"
#include "domain/event/event.h"
#include "domain/user/users.h"
#include "flow/run/buckets.h"

namespace gatehouse::flow {

namespace {

constexpr std::string_view kVerification = "verification";

// A failed attempt is on record before anybody hears of it.
Task<void> record(project::Context& ctx, event::Event event) {
  postgres::Batch batch;
  event::add(batch, ctx, event);
  co_await consume::commit(ctx, std::move(batch));
}

event::Event password_failed(const CheckPassword& need) {
  return {.type = "authentication." + need.kind + ".password.failed",
          .payload = {{"user", user::to_event_json(need.user, false, !need.stored.empty())},
                      {"authentication_stage", need.kind},
                      {"authenticator_type", "password"}},
          .user = need.user.id};
}

std::optional<ForceChangeReason> why_change(const project::PasswordConfig& config, const CheckPassword& need,
                                            const PasswordAuthenticator& stored, TimePoint now) {
  if (authenticator::is_expired(config, stored, now)) {
    return ForceChangeReason::expiry;
  }
  if (!config.force_change) {
    return std::nullopt;
  }
  try {
    authenticator::check_policy(config.policy, need.password, need.user_inputs);
  } catch (const Error&) {  // the verdict, not a failure: the person has to choose a better one
    return ForceChangeReason::policy;
  }
  return std::nullopt;
}

}  // namespace

Task<Answer> DomainWorld::answer(project::Context& ctx, Want want, NeedKey key) {
  if (auto* need = std::get_if<FindIdentity>(&want.need)) {
    co_return co_await find(ctx, std::move(*need));
  }
  if (auto* need = std::get_if<HashPassword>(&want.need)) {
    co_return co_await hash(ctx, std::move(*need));
  }
  if (auto* need = std::get_if<CheckPassword>(&want.need)) {
    co_return co_await check(ctx, std::move(*need));
  }
  if (auto* need = std::get_if<SendCode>(&want.need)) {
    co_return co_await send(ctx, std::move(*need), std::move(key));
  }
  co_return co_await check(ctx, std::get<CheckCode>(std::move(want.need)), std::move(key));
}

Task<Answer> DomainWorld::find(project::Context& ctx, FindIdentity need) {
  if (!need.to_create) {
    co_return co_await find_to_log_in(ctx, std::move(need));
  }
  const auto buckets = account_enumeration_buckets(ctx);
  co_await limiter_.take(ctx, buckets);
  FoundIdentity found{.asked = identity::normalize(ctx.project(), text(need.by), need.login_id)};
  std::vector<identity::NormalizedLoginId> candidates{found.asked};
  found.found = co_await login_ids_.find(ctx, std::move(candidates));
  if (!found.found) {
    co_await limiter_.give_back(ctx, buckets);
  }
  co_return found;
}

Task<Answer> DomainWorld::find_to_log_in(project::Context& ctx, FindIdentity need) {
  const auto buckets = account_enumeration_buckets(ctx);
  co_await limiter_.take(ctx, buckets);
  FoundIdentity found{.asked = {.type = text(need.by), .original = need.login_id}};
  if (const auto login_id = identity::normalize_for_lookup(ctx.project(), text(need.by), need.login_id)) {
    found.asked = *login_id;
    std::vector<identity::NormalizedLoginId> candidates{*login_id};
    found.found = co_await login_ids_.find(ctx, std::move(candidates));
  }
  if (found.found) {
    co_await limiter_.give_back(ctx, buckets);
  } else {
    co_await nobody_found(ctx, std::move(need), found.asked.login_id);
  }
  co_return found;
}

// What cannot be a login ID is not put on record: it may be anything, of any length.
Task<void> DomainWorld::nobody_found(project::Context& ctx, FindIdentity need, std::string login_id) {
  if (need.came_along) {
    co_await limiter_.take(ctx, password_buckets(ctx, nullptr));
    co_await hasher_.pretend(ctx, std::move(*need.came_along));
  }
  co_await record(ctx, {.type = "authentication.identity.login_id.failed", .payload = {{"login_id", login_id}}});
}

Task<Answer> DomainWorld::hash(project::Context& ctx, HashPassword need) {
  authenticator::check_policy(ctx.config().password.policy, need.password, need.user_inputs);
  if (need.user) {
    co_await passwords_.check_history(ctx, *need.user, need.password);
  }
  co_return HashedPassword{co_await hasher_.hash(ctx, std::move(need.password))};
}

Task<Answer> DomainWorld::check(project::Context& ctx, CheckPassword need) {
  const auto buckets = password_buckets(ctx, &need.user.id);
  co_await limiter_.take(ctx, buckets);
  co_await lockout_.reserve(ctx, need.user.id, "password");
  auto matched = co_await match(ctx, need);
  if (!matched) {
    co_await record(ctx, password_failed(need));
    co_return CheckedPassword{};
  }
  co_await limiter_.give_back(ctx, buckets);
  co_return std::move(*matched);
}

Task<std::optional<CheckedPassword>> DomainWorld::match(project::Context& ctx, CheckPassword need) {
  bool tried = false;
  for (const auto& stored : need.stored) {
    if (stored.kind != need.kind) {
      continue;
    }
    tried = true;
    auto verdict = co_await hasher_.verify(ctx, need.password, stored.password_hash);
    if (verdict.matches) {
      co_return CheckedPassword{.matches = true,
                                .authenticator = stored,
                                .new_hash = std::move(verdict.new_hash),
                                .force_change_reason = why_change(ctx.config().password, need, stored, ctx.now())};
    }
  }
  if (!tried) {
    co_await hasher_.pretend(ctx, need.password);
  }
  co_return std::nullopt;
}

Task<Answer> DomainWorld::send(project::Context& ctx, SendCode need, NeedKey key) {
  verification::CodeRequest request{.purpose = std::string(kVerification),
                                    .target = std::move(need.target),
                                    .message = std::string(kVerification),
                                    .need_key = key.str(),
                                    .user = std::move(need.user),
                                    .valid_for = ctx.config().verification.code_valid_period};
  const auto sent = co_await codes_.send(ctx, std::move(request));
  co_return SentCode{sent.expires_at, sent.can_resend_at};
}

Task<Answer> DomainWorld::check(project::Context& ctx, CheckCode need, NeedKey key) {
  const auto verdict =
      co_await codes_.check(ctx, std::string(kVerification), std::move(need.target), std::move(need.code), key.str());
  co_return CheckedCode{verdict};
}

}  // namespace gatehouse::flow
