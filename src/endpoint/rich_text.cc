#include "endpoint/rich_text.h"

namespace gatehouse::endpoint {

namespace {

// What stands for <tag>, </tag>; empty: not one of ours.
std::string markup(std::string_view tag, const text::Arguments& escaped) {
  if (tag == "b" || tag == "/b") {
    return "<" + std::string(tag) + ">";
  }
  const bool closes = tag.starts_with('/');
  const auto url = escaped.find(std::string(tag.substr(closes ? 1 : 0)) + "_url");
  if (url == escaped.end()) {
    return {};
  }
  return closes ? "</a>" : "<a href=\"" + url->second + "\">";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string rich_text(const text::Translations& texts, std::string_view key, const text::Arguments& arguments) {
  text::Arguments escaped;
  for (const auto& [name, value] : arguments) {
    escaped.emplace(name, escape_html(value));
  }
  const std::string text = texts(key, escaped);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      out += "&quot;";
    } else if (text[i] == '<') {
      const std::size_t end = text.find('>', i);
      const std::string allowed =
          end == std::string::npos ? std::string() : markup(std::string_view(text).substr(i + 1, end - i - 1), escaped);
      out += allowed.empty() ? "&lt;" : allowed;
      i = allowed.empty() ? i : end;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace gatehouse::endpoint
