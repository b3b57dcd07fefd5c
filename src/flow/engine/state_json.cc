#include "flow/engine/state_json.h"

#include "flow/engine/described_json.h"

namespace gatehouse::identity {

BOOST_DESCRIBE_STRUCT(NormalizedLoginId, (), (type, key, original, login_id, unique_key))
BOOST_DESCRIBE_STRUCT(FoundLogin, (), (identity, user, passwords, verified, user_verified, has_second_factor))

}  // namespace gatehouse::identity

namespace gatehouse::verification {

BOOST_DESCRIBE_ENUM(CodeVerdict, right, wrong, expired, too_many_attempts)

}  // namespace gatehouse::verification

namespace gatehouse::flow {

namespace json = boost::json;

static json::value encode(const Pointer& value) { return json::string(value.text()); }

static void decode(const json::value& from, Pointer& to) {
  const auto pointer = Pointer::parse(from.as_string());
  if (!pointer && !from.as_string().empty()) {
    throw std::invalid_argument("pointer");
  }
  to = pointer.value_or(Pointer());
}

template <>
struct described::VariantNames<Answer> {
  static constexpr std::array<std::string_view, 5> kValue{"found_identity", "hashed_password", "checked_password",
                                                          "sent_code", "checked_code"};
};
template <>
struct described::VariantNames<Change> {
  static constexpr std::array<std::string_view, 7> kValue{"create_user",       "add_identity", "mark_verified",
                                                          "add_authenticator", "upgrade_hash", "set_password",
                                                          "open_session"};
};

std::string write_state(const State& state) {
  auto text = json::serialize(described::encode(state));
  if (text.size() > kLargestState) {
    throw Error(ErrorKind::request_entity_too_large, "RequestEntityTooLarge", "The flow has become too large.");
  }
  return text;
}

std::optional<State> read_state(std::string_view text) {
  try {
    State state;
    described::decode(json::parse(text), state);
    if (state.format < kStateFormat || state.format > kStateFormat + 1) {
      return std::nullopt;
    }
    return state;
  } catch (const std::exception&) {  // sealed by us, so this is a version too far away
    return std::nullopt;
  }
}

}  // namespace gatehouse::flow
