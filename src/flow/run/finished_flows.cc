#include "flow/run/finished_flows.h"

#include <map>

#include "domain/consume/consume.h"
#include "flow/engine/described_json.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/key_ring.h"

namespace gatehouse::flow {

namespace {

constexpr std::size_t kKeyLength = 32;

// What is kept of a Reply.
struct Kept {
  std::string type;
  std::string name;
  std::optional<std::string> session_token;
  std::string redirect_uri;
  UserId user;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (type, name, session_token, redirect_uri, user))

std::string seal_key(const std::string& token) {
  return crypto::hkdf_sha256(token, "gatehouse finished flow: seal", kKeyLength);
}

std::string input_digest(const std::string& token, const boost::json::object& input) {
  const auto key = crypto::hkdf_sha256(token, "gatehouse finished flow: input", kKeyLength);
  return crypto::hmac_sha256(key, canonical(input));
}

std::string binding(const project::Context& ctx) { return ctx.app_id().str() + ":finished flow"; }

Reply to_reply(const std::string& token, Kept kept) {
  Reply reply{.state_token = token, .type = kept.type, .name = kept.name, .action = {.type = "finished"}};
  if (!kept.redirect_uri.empty()) {
    reply.action.data["finish_redirect_uri"] = kept.redirect_uri;
  }
  reply.finished = Finished{kept.session_token, kept.redirect_uri, kept.user};
  return reply;
}

}  // namespace

std::string canonical(const boost::json::object& input) {
  std::map<std::string_view, std::string> sorted;
  for (const auto& member : input) {
    sorted.emplace(member.key(), boost::json::serialize(member.value()));
  }
  std::string text;
  for (const auto& [key, value] : sorted) {
    text += boost::json::serialize(boost::json::string(key)) + ":" + value + ",";
  }
  return text;
}

void FinishedFlows::insert(postgres::Batch& batch, const project::Context& ctx, const std::string& state_token,
                           const boost::json::object& input, const Reply& reply, std::chrono::sys_days expires_on) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_flow_finished (app_id, hash, input_digest, sealed, expires_on) "
      "VALUES ($1, $2, $3, $4, $5)";
  const auto& finished = *reply.finished;
  const Kept kept{reply.type, reply.name, finished.session_token, finished.redirect_uri, finished.user};
  const auto sealed =
      crypto::seal_with(seal_key(state_token), boost::json::serialize(described::encode(kept)), binding(ctx));
  batch.add(kSql, ctx.app_id(), postgres::Binary{crypto::sha256(state_token)},
            postgres::Binary{input_digest(state_token, input)}, postgres::Binary{sealed}, expires_on);
}

Task<std::optional<Reply>> FinishedFlows::find(project::Context& ctx, std::string state_token,
                                               boost::json::object input) {
  // A flow's last day is the one after its creation, so a result that counts expires today or tomorrow.
  static constexpr postgres::Sql kSql =
      "SELECT input_digest, sealed FROM _gatehouse_flow_finished "
      "WHERE app_id = $1 AND hash = $2 AND expires_on IN ($3, $4)";
  const auto today = consume::expiry_day(ctx.now());
  const auto rows =
      co_await ctx.db().run(kSql, postgres::Params(ctx.app_id(), postgres::Binary{crypto::sha256(state_token)}, today,
                                                   today + std::chrono::days{1}));
  if (rows.rows() == 0) {
    co_return std::nullopt;
  }
  postgres::Binary digest;
  postgres::Binary sealed;
  postgres::decode(rows.at(0, 0).value(), digest);
  postgres::decode(rows.at(0, 1).value(), sealed);
  if (!crypto::secure_equal(digest.bytes, input_digest(state_token, input))) {
    co_return std::nullopt;
  }
  const auto plain = crypto::open_with(seal_key(state_token), sealed.bytes, binding(ctx));
  if (!plain) {
    co_return std::nullopt;
  }
  Kept kept;
  described::decode(boost::json::parse(*plain), kept);
  co_return to_reply(state_token, std::move(kept));
}

}  // namespace gatehouse::flow
