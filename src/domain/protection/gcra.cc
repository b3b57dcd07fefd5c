#include "domain/protection/gcra.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace gatehouse::protection {

namespace {

double micros(TimePoint now) { return static_cast<double>(now.time_since_epoch().count()); }

double interval(const Take& take) {
  return std::floor(static_cast<double>(take.period.count()) * take.weight / static_cast<double>(take.burst));
}

}  // namespace

// Numbers of Lua are doubles: microseconds since 1970 fit until the year 2255.
redis::Script take_script() {
  static constexpr redis::Script kScript{R"lua(
local now = tonumber(ARGV[1])
local arrivals = {}
for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 3
  local period = tonumber(ARGV[at])
  local step = math.floor(period * tonumber(ARGV[at + 2]) / tonumber(ARGV[at + 1]))
  local arrival = math.max(tonumber(redis.call('GET', key)) or now, now) + step
  if arrival - period > now then
    return {i, math.ceil(arrival - period - now)}
  end
  arrivals[i] = arrival
end
for i, key in ipairs(KEYS) do
  local left = math.ceil((arrivals[i] - now) / 1000)
  if left > 0 then
    redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', left)
  end
end
return {}
)lua"};
  return kScript;
}

redis::Script give_back_script() {
  static constexpr redis::Script kScript{R"lua(
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 3
  local step = math.floor(tonumber(ARGV[at]) * tonumber(ARGV[at + 2]) / tonumber(ARGV[at + 1]))
  local arrival = tonumber(redis.call('GET', key))
  if arrival then
    local left = math.ceil((arrival - step - now) / 1000)
    if left > 0 then
      redis.call('SET', key, string.format('%.0f', arrival - step), 'PX', left)
    else
      redis.call('DEL', key)
    end
  end
end
return {}
)lua"};
  return kScript;
}

std::vector<std::string> script_keys(const std::vector<Take>& takes) {
  std::vector<std::string> keys;
  std::ranges::transform(takes, std::back_inserter(keys), &Take::key);
  return keys;
}

std::vector<std::string> script_arguments(const std::vector<Take>& takes, TimePoint now) {
  std::vector<std::string> arguments{std::to_string(now.time_since_epoch().count())};
  for (const auto& take : takes) {
    arguments.push_back(std::to_string(take.period.count()));
    arguments.push_back(std::to_string(take.burst));
    arguments.push_back(fmt::format("{}", take.weight));
  }
  return arguments;
}

std::optional<Refusal> LocalWindows::take(const std::vector<Take>& takes, TimePoint now_point) {
  const double now = micros(now_point);
  const std::lock_guard lock(mutex_);
  std::vector<double> arrivals;
  for (std::size_t i = 0; i < takes.size(); ++i) {
    const auto found = arrival_.find(takes[i].key);
    const double arrival = std::max(found == arrival_.end() ? now : found->second, now) + interval(takes[i]);
    const double early = arrival - static_cast<double>(takes[i].period.count()) - now;
    if (early > 0) {
      return Refusal{i, Micros{static_cast<std::int64_t>(std::ceil(early))}};
    }
    arrivals.push_back(arrival);
  }
  for (std::size_t i = 0; i < takes.size(); ++i) {
    arrival_[takes[i].key] = arrivals[i];
  }
  if (arrival_.size() > most_) {
    make_room(now);
  }
  return std::nullopt;
}

std::size_t LocalWindows::size() const {
  const std::lock_guard lock(mutex_);
  return arrival_.size();
}

void LocalWindows::give_back(const std::vector<Take>& takes, TimePoint now_point) {
  const std::lock_guard lock(mutex_);
  for (const auto& take : takes) {
    const auto found = arrival_.find(take.key);
    if (found == arrival_.end()) {
      continue;
    }
    found->second -= interval(take);
    if (found->second <= micros(now_point)) {
      arrival_.erase(found);
    }
  }
}

// Windows that are over go first; if that is not enough, the half that ends first.
void LocalWindows::make_room(double now) {
  std::erase_if(arrival_, [now](const auto& entry) { return entry.second <= now; });
  if (arrival_.size() <= most_) {
    return;
  }
  std::vector<double> ends;
  std::ranges::transform(arrival_, std::back_inserter(ends), [](const auto& entry) { return entry.second; });
  const auto middle = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2);
  std::ranges::nth_element(ends, middle);
  std::erase_if(arrival_, [cut = *middle](const auto& entry) { return entry.second <= cut; });
}

}  // namespace gatehouse::protection
