#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endpoint/authui/memory.h"
#include "platform/base/time.h"
#include "platform/template/translation.h"

namespace gatehouse::authui {

// Reasons of refusals that only the pages know.
inline constexpr std::string_view kUnreadableText = "UnreadableText";  // a value that is not UTF-8 text, or holds NUL
inline constexpr std::string_view kUnknownAction = "UnknownAction";    // an x_action that the page does not have

// What a page says about a refusal: sentences beside its field, one each rule, or one for the whole form.
struct Sentences {
  std::vector<std::string> field;
  std::string form;
};

// The one place that turns the contract's error reasons into words. An unknown account and a wrong password get the
// same sentence. `arguments`: what the page knows (kind, length, client).
Sentences explain(const Failure& failure, const text::Translations& texts, TimePoint now,
                  const text::Arguments& arguments);

// Seconds from `now` to an RFC 3339 time in UTC, rounded up; 0 when it is over or not a time.
std::int64_t seconds_until(std::string_view time, TimePoint now);

}  // namespace gatehouse::authui
