#include "flow/engine/state_json.h"

#include <array>
#include <stdexcept>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

namespace gatehouse::identity {

BOOST_DESCRIBE_STRUCT(NormalizedLoginId, (), (type, key, original, login_id, unique_key))
BOOST_DESCRIBE_STRUCT(FoundLogin, (), (identity, user, passwords, verified, user_verified))

}  // namespace gatehouse::identity

namespace gatehouse::flow {

namespace {

namespace json = boost::json;
namespace describe = boost::describe;

template <class T>
struct VariantNames;
template <>
struct VariantNames<Answer> {
  static constexpr std::array<std::string_view, 5> value{"found_identity", "hashed_password", "checked_password",
                                                         "sent_code", "checked_code"};
};
template <>
struct VariantNames<Change> {
  static constexpr std::array<std::string_view, 7> value{"create_user",       "add_identity", "mark_verified",
                                                         "add_authenticator", "upgrade_hash", "set_password",
                                                         "open_session"};
};

template <class T>
concept Described = describe::has_describe_members<T>::value && !std::is_enum_v<T>;
template <class T>
concept DescribedEnum = describe::has_describe_enumerators<T>::value;

// -- writing

json::value encode(bool value) { return value; }
json::value encode(int value) { return value; }
json::value encode(const std::string& value) { return json::string(value); }
json::value encode(const json::object& value) { return value; }
json::value encode(const Pointer& value) { return json::string(value.text()); }
json::value encode(TimePoint value) { return value.time_since_epoch().count(); }
json::value encode(verification::CodeVerdict value) { return static_cast<int>(value); }
template <DescribedEnum E>
json::value encode(E value) {
  return json::string(text(value));
}
template <class Tag>
json::value encode(const StrongString<Tag>& value) {
  return json::string(value.str());
}
template <Described T>
json::value encode(const T& value);
template <class T>
json::value encode(const std::optional<T>& value);
template <class T>
json::value encode(const std::vector<T>& values);
template <class... T>
json::value encode(const std::variant<T...>& value);

template <Described T>
json::value encode(const T& value) {
  json::object object;
  boost::mp11::mp_for_each<describe::describe_members<T, describe::mod_any_access>>(
      [&](auto member) { object[member.name] = encode(value.*member.pointer); });
  return object;
}

template <class T>
json::value encode(const std::optional<T>& value) {
  return value ? encode(*value) : json::value(nullptr);
}

template <class T>
json::value encode(const std::vector<T>& values) {
  json::array array;
  for (const auto& value : values) {
    array.push_back(encode(value));
  }
  return array;
}

template <class... T>
json::value encode(const std::variant<T...>& value) {
  const auto name = VariantNames<std::variant<T...>>::value.at(value.index());
  return json::object{{name, std::visit([](const auto& alternative) { return encode(alternative); }, value)}};
}

// -- reading; what does not fit throws

void decode(const json::value& from, bool& to) { to = from.as_bool(); }
void decode(const json::value& from, int& to) { to = from.to_number<int>(); }
void decode(const json::value& from, std::string& to) { to = std::string_view(from.as_string()); }
void decode(const json::value& from, json::object& to) { to = from.as_object(); }
void decode(const json::value& from, TimePoint& to) { to = TimePoint{Micros{from.to_number<std::int64_t>()}}; }
void decode(const json::value& from, verification::CodeVerdict& to) {
  to = static_cast<verification::CodeVerdict>(from.to_number<int>());
}
void decode(const json::value& from, Pointer& to) {
  const auto pointer = Pointer::parse(from.as_string());
  if (!pointer && !from.as_string().empty()) {
    throw std::invalid_argument("pointer");
  }
  to = pointer.value_or(Pointer());
}
template <DescribedEnum E>
void decode(const json::value& from, E& to) {
  const auto value = from_text<E>(from.as_string());
  if (!value) {
    throw std::invalid_argument("name");
  }
  to = *value;
}
template <class Tag>
void decode(const json::value& from, StrongString<Tag>& to) {
  to = StrongString<Tag>(std::string(std::string_view(from.as_string())));
}
template <Described T>
void decode(const json::value& from, T& to);
template <class T>
void decode(const json::value& from, std::optional<T>& to);
template <class T>
void decode(const json::value& from, std::vector<T>& to);
template <class... T>
void decode(const json::value& from, std::variant<T...>& to);

template <Described T>
void decode(const json::value& from, T& to) {
  const auto& object = from.as_object();
  boost::mp11::mp_for_each<describe::describe_members<T, describe::mod_any_access>>([&](auto member) {
    if (const auto* value = object.if_contains(member.name)) {
      decode(*value, to.*member.pointer);
    }
  });
}

template <class T>
void decode(const json::value& from, std::optional<T>& to) {
  if (from.is_null()) {
    to.reset();
    return;
  }
  decode(from, to.emplace());
}

template <class T>
void decode(const json::value& from, std::vector<T>& to) {
  for (const auto& value : from.as_array()) {
    decode(value, to.emplace_back());
  }
}

template <class... T>
void decode(const json::value& from, std::variant<T...>& to) {
  using Variant = std::variant<T...>;
  const auto& [name, value] = *from.as_object().begin();
  const auto content = value;
  bool known = false;
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<sizeof...(T)>>([&](auto index) {
    if (VariantNames<Variant>::value.at(index) == std::string_view(name)) {
      known = true;
      decode(content, to.template emplace<index>());
    }
  });
  if (!known) {
    throw std::invalid_argument("kind");
  }
}

}  // namespace

std::string write_state(const State& state) {
  auto text = json::serialize(encode(state));
  if (text.size() > kLargestState) {
    throw Error(ErrorKind::request_entity_too_large, "RequestEntityTooLarge", "The flow has become too large.");
  }
  return text;
}

std::optional<State> read_state(std::string_view text) {
  try {
    State state;
    decode(json::parse(text), state);
    if (state.format < kStateFormat || state.format > kStateFormat + 1) {
      return std::nullopt;
    }
    return state;
  } catch (const std::exception&) {  // sealed by us, so this is a version too far away
    return std::nullopt;
  }
}

}  // namespace gatehouse::flow
