#include "domain/verification/one_time_code.h"

#include <algorithm>
#include <vector>

#include <boost/json.hpp>

#include "domain/consume/consume.h"
#include "domain/message/mail_message.h"
#include "platform/crypto/encoding.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"
#include "platform/http/address.h"
#include "platform/telemetry/log.h"

namespace gatehouse::verification {

namespace {

constexpr std::size_t kDigitsInCode = 6;
constexpr std::string_view kFixedCode = "111111";

postgres::Binary hash_of(const std::string& text) { return {crypto::sha256(text)}; }

// Lengths keep the parts apart.
std::string code_mac(const crypto::KeyRing& keys, const std::string& key_id, const project::Context& ctx,
                     const std::string& purpose, const std::string& target, const std::string& code) {
  std::string message;
  for (const auto& part : {ctx.app_id().str(), purpose, target, code}) {
    message += std::to_string(part.size()) + ":" + part;
  }
  return crypto::hmac_sha256(*keys.derive(key_id, crypto::Purpose::otp), message);
}

std::string new_code(const project::Context& ctx) {
  const auto& test_mode = ctx.config().test_mode;
  if (!test_mode.fixed_oob_otp_enabled) {
    return crypto::random_text(kDigitsInCode, crypto::kDigits);
  }
  log::warn("test_mode of the features file: a one-time code is fixed", {{"project", ctx.app_id().str()}});
  return test_mode.fixed_oob_otp_code.empty() ? std::string(kFixedCode) : test_mode.fixed_oob_otp_code;
}

// Nobody can type it.
std::string new_decoy() { return crypto::random_text(32, crypto::kBase62); }

using protection::Bucket;

// One for all that is sent to an address: two would tell which message it got.
Bucket cooldown(const project::Context& ctx, const CodeRequest& request) {
  const Micros period = ctx.config().verification.email_trigger_cooldown;
  return {.name = "VerificationCooldownEmail",
          .group = "",
          .key = request.target,
          .limit = {.enabled = period > Micros{}, .period = period, .burst = 1}};
}

std::vector<Bucket> send_buckets(const project::Context& ctx, const CodeRequest& request) {
  const auto& verification = ctx.config().verification;
  const auto& messaging = ctx.config().messaging;
  std::vector<Bucket> buckets{
      cooldown(ctx, request),
      {"verification.email.trigger.per_ip", "verification.email.trigger", http::client_network(ctx.client_ip),
       verification.email_trigger_per_ip},
      {"messaging.email.per_ip", "messaging.email", http::client_network(ctx.client_ip), messaging.email_per_ip},
      {"messaging.email.per_target", "messaging.email", request.target, messaging.email_per_target},
      {"messaging.email.per_project", "messaging.email", "", messaging.email}};
  if (request.user) {
    buckets.push_back({"verification.email.trigger.per_user", "verification.email.trigger", request.user->str(),
                       verification.email_trigger_per_user});
  }
  return buckets;
}

std::vector<Bucket> check_buckets(const project::Context& ctx) {
  return {{"verification.email.validate.per_ip", "verification.email.validate", http::client_network(ctx.client_ip),
           ctx.config().verification.email_validate_per_ip}};
}

struct SentRow {
  TimePoint created_at;
  TimePoint expires_at;
};
BOOST_DESCRIBE_STRUCT(SentRow, (), (created_at, expires_at))

// What was sent for this very question before.
Task<std::optional<SentRow>> sent_before(project::Context& ctx, const CodeRequest& request) {
  static constexpr postgres::Sql kSql =
      "SELECT created_at, expires_at FROM _gatehouse_otp "
      "WHERE app_id = $1 AND purpose = $2 AND target_hash = $3 AND need_key = $4";
  co_return co_await ctx.db().optional<SentRow>(kSql, ctx.app_id(), request.purpose, hash_of(request.target),
                                                hash_of(request.need_key));
}

// A new code in the place of the last; refused where this very question was answered meanwhile.
void add_code(postgres::Batch& batch, const project::Context& ctx, const crypto::KeyRing& keys,
              const CodeRequest& request, const std::string& code, TimePoint expires_at) {
  static constexpr postgres::Sql kSql =
      "WITH written AS ("
      "  INSERT INTO _gatehouse_otp AS o (app_id, purpose, target_hash, code_mac, key_id, user_id, need_key, "
      "created_at, "
      "    expires_at, expires_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
      "  ON CONFLICT (app_id, purpose, target_hash) DO UPDATE SET code_mac = excluded.code_mac, key_id = "
      "excluded.key_id, "
      "    user_id = excluded.user_id, need_key = excluded.need_key, created_at = excluded.created_at, "
      "    expires_at = excluded.expires_at, expires_on = excluded.expires_on, failed_attempts = 0, consumed_by = NULL "
      "  WHERE o.need_key IS DISTINCT FROM excluded.need_key RETURNING 1) "
      "SELECT _gatehouse_require(EXISTS (SELECT 1 FROM written), 'the code was sent already')";
  const std::string mac = code_mac(keys, keys.active_id(), ctx, request.purpose, request.target, code);
  batch.add(kSql, ctx.app_id(), request.purpose, hash_of(request.target), postgres::Binary{mac}, keys.active_id(),
            request.user, hash_of(request.need_key), ctx.now(), expires_at, consume::expiry_day(expires_at));
}

SentCode sent(const project::Context& ctx, const SentRow& row) {
  return {row.expires_at, row.created_at + ctx.config().verification.email_trigger_cooldown};
}

struct CheckedRow {
  TimePoint expires_at;
  std::int32_t failed_attempts = 0;
  std::optional<std::string> consumed_by;  // hex
};

CodeVerdict verdict(const CheckedRow& row, bool right, const std::string& by, std::int64_t most_failures,
                    TimePoint now) {
  if (row.consumed_by) {
    return right && *row.consumed_by == by ? CodeVerdict::right : CodeVerdict::expired;
  }
  if (row.expires_at <= now) {
    return CodeVerdict::expired;
  }
  const bool revoked = most_failures > 0 && row.failed_attempts >= most_failures;
  return revoked ? CodeVerdict::too_many_attempts : CodeVerdict::wrong;
}

}  // namespace

Task<SentCode> OneTimeCodes::send(project::Context& ctx, CodeRequest request) {
  if (const auto before = co_await sent_before(ctx, request)) {
    co_return sent(ctx, *before);
  }
  co_await limiter_.take(ctx, send_buckets(ctx, request));
  const SentRow row{ctx.now(), ctx.now() + request.valid_for};
  const std::string code = request.decoy ? new_decoy() : new_code(ctx);
  postgres::Batch batch;
  add_code(batch, ctx, keys_, request, code, row.expires_at);
  message::MailRequest mail{
      .type = request.message,
      .recipient = request.target,
      .language = ctx.language.empty() ? ctx.config().localization.fallback_language : ctx.language,
      .variables = {},
      .useful_until = row.expires_at};
  if (request.decoy) {
    mail.variables["Link"] = request.link;
  } else {
    mail.variables["Code"] = code;
  }
  if (request.user) {
    mail.user_id = request.user->str();
  }
  message::enqueue(batch, ctx, keys_, mail);
  bool answered_meanwhile = false;
  try {
    co_await consume::commit(ctx, std::move(batch));
  } catch (const postgres::StatementError& error) {
    if (!error.requirement_failed()) {
      throw;
    }
    answered_meanwhile = true;
  }
  if (answered_meanwhile) {
    const auto theirs = co_await sent_before(ctx, request);
    co_return sent(ctx, theirs.value_or(row));
  }
  co_return sent(ctx, row);
}

Task<CodeVerdict> OneTimeCodes::check(project::Context& ctx, std::string purpose, std::string target, std::string code,
                                      std::string need_key) {
  // One statement: the row's lock puts parallel guesses one after the other.
  static constexpr postgres::Sql kSql =
      "UPDATE _gatehouse_otp SET "
      "  failed_attempts = failed_attempts + CASE WHEN consumed_by IS NULL AND expires_at > $4 "
      "    AND ($5::bigint = 0 OR failed_attempts < $5) AND encode(code_mac, 'hex') <> ALL ($6::text[]) THEN 1 ELSE 0 "
      "END, "
      "  consumed_by = CASE WHEN consumed_by IS NULL AND expires_at > $4 "
      "    AND ($5::bigint = 0 OR failed_attempts < $5) AND encode(code_mac, 'hex') = ANY ($6::text[]) THEN $7::bytea "
      "    ELSE consumed_by END "
      "WHERE app_id = $1 AND purpose = $2 AND target_hash = $3 "
      "RETURNING expires_at, failed_attempts, encode(consumed_by, 'hex'), encode(code_mac, 'hex') = ANY ($6::text[])";
  co_await limiter_.take(ctx, check_buckets(ctx));
  std::vector<std::string> macs;
  for (const auto& id : keys_.ids()) {
    macs.push_back(crypto::hex(code_mac(keys_, id, ctx, purpose, target, code)));
  }
  const std::string by = crypto::sha256(need_key);
  const std::int64_t most_failures = ctx.config().verification.email_max_failed_attempts_revoke_otp;
  const postgres::Result result = co_await ctx.db().run(
      kSql,
      postgres::Params(ctx.app_id(), purpose, hash_of(target), ctx.now(), most_failures, macs, postgres::Binary{by}));
  if (result.rows() == 0) {
    co_return CodeVerdict::expired;
  }
  CheckedRow row;
  postgres::decode(*result.at(0, 0), row.expires_at);
  postgres::decode(*result.at(0, 1), row.failed_attempts);
  if (const auto consumed = result.at(0, 2)) {
    row.consumed_by = std::string(*consumed);
  }
  const bool right = result.at(0, 3) == "t";
  const CodeVerdict decided = verdict(row, right, crypto::hex(by), most_failures, ctx.now());
  if (decided == CodeVerdict::right) {
    co_await limiter_.give_back(ctx, check_buckets(ctx));
  }
  co_return decided;
}

}  // namespace gatehouse::verification
