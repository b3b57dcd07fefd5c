#include "project/place.h"

#include <algorithm>

#include "project/duration.h"

namespace gatehouse::project {

namespace json = boost::json;

Place Place::operator[](std::string_view key) const {
  const auto* object = value_ == nullptr ? nullptr : value_->if_object();
  return Place(object == nullptr ? nullptr : object->if_contains({key.data(), key.size()}));
}

std::vector<Place> Place::items() const {
  std::vector<Place> all;
  const auto* array = value_ == nullptr ? nullptr : value_->if_array();
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    all.emplace_back(&(*array)[i]);
  }
  return all;
}

std::string Place::text(std::string_view otherwise) const {
  const auto* text = value_ == nullptr ? nullptr : value_->if_string();
  return std::string(text == nullptr || text->empty() ? otherwise : std::string_view(text->data(), text->size()));
}

std::int64_t Place::whole(std::int64_t otherwise) const {
  if (value_ == nullptr || !value_->is_number()) {
    return otherwise;
  }
  boost::system::error_code inexact;
  const auto number = value_->to_number<std::int64_t>(inexact);
  // Beyond 64 bits: as much as fits.
  const std::int64_t whole =
      inexact ? (value_->is_double() && value_->get_double() < 0 ? INT64_MIN : INT64_MAX) : number;
  return whole == 0 ? otherwise : whole;
}

double Place::number(double otherwise) const {
  return value_ != nullptr && value_->is_number() ? value_->to_number<double>() : otherwise;
}

bool Place::flag(bool otherwise) const {
  const auto* flag = value_ == nullptr ? nullptr : value_->if_bool();
  return flag == nullptr ? otherwise : *flag;
}

Seconds Place::seconds(Seconds otherwise) const {
  constexpr std::int64_t kLongest = 10'000'000'000;
  return Seconds{std::clamp(whole(otherwise.count()), -kLongest, kLongest)};
}

Micros Place::duration(Micros otherwise) const {
  const auto duration = parse_duration(text());
  return duration ? *duration : otherwise;
}

std::vector<std::string> Place::texts(std::vector<std::string> otherwise) const {
  if (value_ == nullptr || !value_->is_array()) {
    return otherwise;
  }
  std::vector<std::string> all;
  for (const auto& item : value_->get_array()) {
    all.emplace_back(item.as_string());
  }
  return all;
}

}  // namespace gatehouse::project
