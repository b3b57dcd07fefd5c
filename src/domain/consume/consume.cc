#include "domain/consume/consume.h"

#include "platform/base/uuid.h"
#include "platform/crypto/hash.h"

namespace gatehouse::consume {

namespace {

constexpr std::string_view kAlreadyCommitted = "GH002";
constexpr std::string_view kAlreadyUsed = "GH003";
constexpr int kTries = 3;

// The use goes first, so that a loser learns it before anything else of the batch is tried.
postgres::Batch with_use(const project::Context& ctx, const Artefact& artefact, const std::string& attempt,
                         const postgres::Batch& batch) {
  static constexpr postgres::Sql kSql = "SELECT _gatehouse_consume($1, $2, $3, $4, $5)";
  postgres::Batch all;
  all.add(kSql, ctx.app_id(), artefact.kind, postgres::Binary{crypto::sha256(artefact.identifier)}, artefact.expires_on,
          attempt);
  all.append(batch);
  return all;
}

}  // namespace

std::chrono::sys_days expiry_day(TimePoint t) { return std::chrono::floor<std::chrono::days>(t); }

Task<Outcome> commit(project::Context& ctx, Artefact artefact, postgres::Batch batch) {
  const std::string attempt = uuid_v4();
  for (int left = kTries;; --left) {
    try {
      co_await ctx.commit(with_use(ctx, artefact, attempt, batch));
      co_return Outcome::done;
    } catch (const postgres::StatementError& error) {
      if (error.sqlstate() == kAlreadyCommitted) {
        co_return Outcome::done;
      }
      if (error.sqlstate() == kAlreadyUsed) {
        co_return Outcome::already_used;
      }
      throw;
    } catch (const Error& error) {
      if (error.reason() != "CommitUnknown" || left == 1) {
        throw;
      }
    }
  }
}

Task<void> commit(project::Context& ctx, postgres::Batch batch) {
  const Artefact once{"attempt", uuid_v4(), expiry_day(ctx.now())};
  co_await commit(ctx, once, std::move(batch));
}

Task<bool> try_commit(project::Context& ctx, postgres::Batch batch) {
  try {
    co_await commit(ctx, std::move(batch));
    co_return true;
  } catch (const postgres::StatementError& error) {
    if (!error.requirement_failed()) {
      throw;
    }
  }
  co_return false;
}

}  // namespace gatehouse::consume
