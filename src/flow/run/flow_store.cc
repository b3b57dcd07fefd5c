#include "flow/run/flow_store.h"

#include "flow/engine/described_json.h"
#include "flow/engine/state_json.h"
#include "platform/crypto/hash.h"

namespace gatehouse::flow {

BOOST_DESCRIBE_STRUCT(FlowSession, (), (browser, sign_in, previous))

namespace {

// A state: {f: digest of its flow, s: sealed}; a flow: {b: browser, s: sealed session}; a browser: list of its flows.
constexpr redis::Script kCreate{R"(
redis.call('HSET', KEYS[1], 'f', ARGV[1], 's', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('HSET', KEYS[2], 'b', ARGV[4], 's', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[5])
if ARGV[4] == '' then return 1 end
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('EXPIRE', KEYS[3], 86400)
if redis.call('LLEN', KEYS[3]) > tonumber(ARGV[6]) then
  for _, flow in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
    if redis.call('EXISTS', ARGV[7] .. flow) == 0 then redis.call('LREM', KEYS[3], 1, flow) end
  end
end
while redis.call('LLEN', KEYS[3]) > tonumber(ARGV[6]) do
  redis.call('DEL', ARGV[7] .. redis.call('LPOP', KEYS[3]))
end
return 1
)"};

constexpr redis::Script kSave{R"(
if redis.call('EXPIRE', KEYS[2], ARGV[3]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'f', ARGV[1], 's', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
)"};

constexpr redis::Script kLoad{R"(
local state = redis.call('HMGET', KEYS[1], 'f', 's')
if not state[1] then return false end
local flow = redis.call('HMGET', ARGV[1] .. state[1], 'b', 's')
if not flow[1] then return false end
return {state[1], state[2], flow[1], flow[2]}
)"};

constexpr redis::Script kRemove{R"(
redis.call('DEL', KEYS[1])
redis.call('LREM', KEYS[2], 0, ARGV[1])
return 1
)"};

std::string prefix(const project::Context& ctx, std::string_view kind) {
  return "app:" + ctx.app_id().str() + ":" + std::string(kind) + ":";
}

std::string state_key(const project::Context& ctx, const std::string& token) {
  return prefix(ctx, "flow-state") + crypto::sha256_hex(token);
}

std::string digest_of(const FlowId& flow) { return crypto::sha256_hex(flow.str()); }

// What is sealed opens only where it belongs.
std::string state_binding(const project::Context& ctx, const std::string& token) {
  return prefix(ctx, "flow-state") + token;
}
std::string session_binding(const project::Context& ctx, const std::string& flow_digest) {
  return prefix(ctx, "flow") + flow_digest;
}

std::string seconds(Seconds duration) { return std::to_string(duration.count()); }

}  // namespace

Task<void> FlowStore::create(project::Context& ctx, std::string token, State state, FlowSession session) {
  const auto digest = digest_of(state.flow);
  const auto session_text = boost::json::serialize(described::encode(session));
  std::vector<std::string> keys{state_key(ctx, token), prefix(ctx, "flow") + digest,
                                prefix(ctx, "flow-browser") + session.browser};
  std::vector<std::string> arguments{
      digest,
      keys_.seal(crypto::Purpose::flow_state, write_state(state), state_binding(ctx, token)),
      keys_.seal(crypto::Purpose::flow_state, session_text, session_binding(ctx, digest)),
      session.browser,
      seconds(kStateLives),
      std::to_string(kFlowsPerBrowser),
      prefix(ctx, "flow")};
  co_await redis_.run(ctx, kCreate, std::move(keys), std::move(arguments));
}

Task<bool> FlowStore::save(project::Context& ctx, std::string token, State state) {
  const auto digest = digest_of(state.flow);
  std::vector<std::string> keys{state_key(ctx, token), prefix(ctx, "flow") + digest};
  std::vector<std::string> arguments{
      digest, keys_.seal(crypto::Purpose::flow_state, write_state(state), state_binding(ctx, token)),
      seconds(kStateLives)};
  const auto reply = co_await redis_.run(ctx, kSave, std::move(keys), std::move(arguments));
  co_return reply.integer == 1;
}

Task<std::optional<StoredState>> FlowStore::load(project::Context& ctx, std::string token) {
  std::vector<std::string> keys{state_key(ctx, token)};
  std::vector<std::string> arguments{prefix(ctx, "flow")};
  const auto reply = co_await redis_.run(ctx, kLoad, std::move(keys), std::move(arguments));
  if (reply.array.size() != 4) {
    co_return std::nullopt;
  }
  auto text = keys_.open(crypto::Purpose::flow_state, reply.array[1].text, state_binding(ctx, token));
  const auto session =
      keys_.open(crypto::Purpose::flow_state, reply.array[3].text, session_binding(ctx, reply.array[0].text));
  if (!text || !session) {
    co_return std::nullopt;
  }
  auto state = read_state(*text);
  if (!state || digest_of(state->flow) != reply.array[0].text) {
    co_return std::nullopt;
  }
  StoredState stored{.state = std::move(*state), .text = std::move(*text)};
  described::decode(boost::json::parse(*session), stored.session);
  co_return stored;
}

Task<void> FlowStore::remove(project::Context& ctx, FlowId flow, std::string browser) {
  const auto digest = digest_of(flow);
  std::vector<std::string> keys{prefix(ctx, "flow") + digest, prefix(ctx, "flow-browser") + browser};
  std::vector<std::string> arguments{digest};
  co_await redis_.run(ctx, kRemove, std::move(keys), std::move(arguments));
}

}  // namespace gatehouse::flow
