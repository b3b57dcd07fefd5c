#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>

#include "flow/engine/vocabulary.h"
#include "platform/base/strong.h"
#include "platform/base/time.h"

// Described structs as JSON that we seal and read again: keys are the members' names, unknown keys are ignored, missing
// ones keep their defaults, what does not fit throws. Times are microseconds; a variant is {"<name>": alternative},
// with its names in VariantNames.
namespace gatehouse::flow::described {

namespace json = boost::json;
namespace describe = boost::describe;

template <class T>
struct VariantNames;

template <class T>
concept Described = describe::has_describe_members<T>::value && !std::is_enum_v<T>;
template <class T>
concept DescribedEnum = describe::has_describe_enumerators<T>::value;

// -- writing

inline json::value encode(bool value) { return value; }
inline json::value encode(int value) { return value; }
inline json::value encode(const std::string& value) { return json::string(value); }
inline json::value encode(const json::object& value) { return value; }
inline json::value encode(TimePoint value) { return value.time_since_epoch().count(); }
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
  const auto name = VariantNames<std::variant<T...>>::kValue.at(value.index());
  return json::object{{name, std::visit([](const auto& alternative) { return encode(alternative); }, value)}};
}

// -- reading; what does not fit throws

inline void decode(const json::value& from, bool& to) { to = from.as_bool(); }
inline void decode(const json::value& from, int& to) { to = from.to_number<int>(); }
inline void decode(const json::value& from, std::string& to) { to = std::string_view(from.as_string()); }
inline void decode(const json::value& from, json::object& to) { to = from.as_object(); }
inline void decode(const json::value& from, TimePoint& to) { to = TimePoint{Micros{from.to_number<std::int64_t>()}}; }
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
  const auto& object = from.as_object();
  if (object.size() != 1) {
    throw std::invalid_argument("variant");
  }
  const std::string_view name = object.begin()->key();
  const auto& content = object.begin()->value();
  bool known = false;
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<sizeof...(T)>>([&](auto index) {
    if (VariantNames<Variant>::kValue.at(index) == name) {
      known = true;
      decode(content, to.template emplace<index>());
    }
  });
  if (!known) {
    throw std::invalid_argument("kind");
  }
}

}  // namespace gatehouse::flow::described
