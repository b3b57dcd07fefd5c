#include "platform/http/request_head.h"

#include <algorithm>

#include "platform/base/ascii.h"
#include "platform/base/utf8.h"
#include "platform/http/address.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kLongestHostName = 253;

[[noreturn]] void refuse(const char* why) { throw Refusal{Status::bad_request, why}; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void check_line(std::string_view line) {
  if (std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; })) {
    refuse("the request's head has a control character");
  }
  if (line.starts_with(' ') || line.starts_with('\t')) {
    refuse("the request's head has a folded line");
  }
}

bool is_target_byte(char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '"' && c != '<' && c != '>'; }

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::string_view segment = next_part(path, '/');
    if (segment == "." || segment == "..") {
      return true;
    }
  }
  return false;
}

// "%2f" and "%5c" in any case.
bool has_encoded_separator(std::string_view path) {
  for (auto i = path.find('%'); i != std::string_view::npos; i = path.find('%', i + 1)) {
    const std::string_view code = path.substr(i, 3);
    if (equals_ignoring_case(code, "%2f") || equals_ignoring_case(code, "%5c")) {
      return true;
    }
  }
  return false;
}

std::string decode_path(std::string_view raw) {
  if (raw.find('\\') != std::string_view::npos || has_encoded_separator(raw)) {
    refuse("the path has an encoded slash or a backslash");
  }
  auto path = percent_decode(raw);
  if (!path) {
    refuse("the path has broken percent-encoding");
  }
  if (std::ranges::any_of(*path, is_control) || !is_utf8(*path)) {
    refuse("the path is not UTF-8 text");
  }
  if (has_dot_segment(*path)) {
    refuse("the path has a dot segment");
  }
  return std::move(*path);
}

// Cuts scheme and authority of "http://authority/path" off; false where it is no such target.
bool cut_authority(std::string_view& target, std::string_view& authority) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      continue;
    }
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?"), target.size());
    authority = target.substr(0, end);
    target.remove_prefix(end);
    return true;
  }
  return false;
}

void check_port(std::string_view port) {
  const bool digits = !port.empty() && port.size() <= 5 && std::ranges::all_of(port, is_digit);
  if (!digits || std::stoi(std::string{port}) > 65535) {
    refuse("the Host header has a wrong port");
  }
}

// Returns what follows the address.
std::string_view check_ip_literal(std::string_view value) {
  const auto close = value.find(']');
  if (close == std::string_view::npos || value.find(':') > close || !IpAddress::parse(value.substr(1, close - 1))) {
    refuse("the Host header is not a host");
  }
  return value.substr(close + 1);
}

std::string_view check_host_name(std::string_view value) {
  const std::string_view name = value.substr(0, value.find(':'));
  const auto fits = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
  if (name.empty() || name.size() > kLongestHostName || !std::ranges::all_of(name, fits)) {
    refuse("the Host header is not a host");
  }
  return value.substr(name.size());
}

}  // namespace

std::size_t HeadScan::scan(std::string_view buffer) {
  for (;;) {
    const auto end = buffer.find('\n', seen_);
    if (end == std::string_view::npos) {
      seen_ = buffer.size();
      return 0;
    }
    if (end == line_start_ || buffer[end - 1] != '\r') {
      refuse("a line of the request's head does not end with CR LF");
    }
    const std::string_view line = buffer.substr(line_start_, end - 1 - line_start_);
    seen_ = end + 1;
    line_start_ = end + 1;
    if (line.empty()) {
      return end + 1;
    }
    check_line(line);
    ++line_;
  }
}

Target parse_target(std::string_view target) {
  if (!std::ranges::all_of(target, is_target_byte)) {
    refuse("the request target has a byte that no URI has");
  }
  Target parsed;
  if (!target.starts_with('/') && (!cut_authority(target, parsed.authority) || parsed.authority.empty())) {
    refuse("the request target is neither a path nor an http URI");
  }
  const auto question = target.find('?');
  const std::string_view path = target.substr(0, question);
  parsed.path = path.empty() ? "/" : decode_path(path);
  parsed.query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  return parsed;
}

std::string parse_host(std::string_view value) {
  const std::string_view rest = value.starts_with('[') ? check_ip_literal(value) : check_host_name(value);
  if (!rest.empty()) {
    if (rest.front() != ':') {
      refuse("the Host header is not a host");
    }
    check_port(rest.substr(1));
  }
  return lower_case(value);
}

}  // namespace gatehouse::http
