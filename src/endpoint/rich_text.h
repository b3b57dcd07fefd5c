#pragma once

#include <string>
#include <string_view>

#include "platform/template/translation.h"

namespace gatehouse::endpoint {

std::string escape_html(std::string_view text);

// A text with its arguments as safe HTML: arguments are escaped; of the text itself only <b>…</b> and links survive,
// and a link <name>…</name> leads to the argument "name_url".
std::string rich_text(const text::Translations& texts, std::string_view key, const text::Arguments& arguments);

}  // namespace gatehouse::endpoint
