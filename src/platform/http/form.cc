#include "platform/base/error.h"
#include "platform/base/utf8.h"
#include "platform/http/message.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kMostPairs = 1'000;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_percent_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  }
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) {
      return std::nullopt;
    }
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

[[noreturn]] void refuse_form(const char* why) { throw Error(ErrorKind::bad_request, "BadRequest", why); }

std::string decode_form_part(std::string_view text) {
  auto decoded = decode(text, true);
  if (!decoded) {
    refuse_form("a form or query value has broken percent-encoding");
  }
  if (decoded->find('\0') != std::string::npos || !is_utf8(*decoded)) {
    refuse_form("a form or query value is not UTF-8 text");
  }
  return std::move(*decoded);
}

}  // namespace

Fields parse_form(std::string_view encoded) {
  Fields fields;
  while (!encoded.empty()) {
    const std::size_t end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
    if (pair.empty()) {
      continue;
    }
    if (fields.all().size() == kMostPairs) {
      refuse_form("a form or query has more than 1,000 values");
    }
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    fields.add(decode_form_part(pair.substr(0, equals)), decode_form_part(value));
  }
  return fields;
}

std::string encode_form(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields.all()) {
    if (!out.empty()) {
      out += '&';
    }
    append_percent_encoded(out, name);
    out += '=';
    append_percent_encoded(out, value);
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  append_percent_encoded(out, text);
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) { return decode(text, false); }

}  // namespace gatehouse::http
