// A whole request as it comes from a socket: whatever is accepted must be unambiguous, and must not depend on how the
// bytes were cut into pieces.
#include <cstdlib>
#include <optional>

#include "platform/base/error.h"
#include "platform/base/utf8.h"
#include "platform/http/forwarded.h"
#include "platform/http/request_parser.h"

using namespace gatehouse;
using namespace gatehouse::http;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Outcome {
  Request request;
  std::size_t used = 0;
};

std::size_t scan(std::string_view bytes, std::size_t piece) {
  HeadScan head;
  for (std::size_t size = piece; size < bytes.size(); size += piece) {
    if (const std::size_t length = head.scan(bytes.substr(0, size))) {
      return length;
    }
  }
  return head.scan(bytes);
}

std::optional<Outcome> read(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  try {
    const std::size_t length = scan(bytes, piece);
    if (length == 0) {
      return std::nullopt;
    }
    RequestParser parser(Limits{}, outcome.request);
    parser.head(bytes.substr(0, length));
    outcome.used = length;
    std::size_t available = length;
    while (!parser.done() && (outcome.used < available || available < bytes.size())) {
      available = std::min(bytes.size(), available + piece);
      outcome.used += parser.body(bytes.substr(outcome.used, available - outcome.used));
      if (available == bytes.size() && !parser.done()) {
        const std::size_t more = outcome.used < available ? parser.body(bytes.substr(outcome.used)) : 0;
        outcome.used += more;
        if (more == 0) {
          break;
        }
      }
    }
    return parser.done() ? std::optional{std::move(outcome)} : std::nullopt;
  } catch (const Refusal&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::size_t count(const Request& request, std::string_view name) {
  std::size_t found = 0;
  for (const Header& header : request.headers) {
    found += Request{.headers = {header}}.header(name) ? 1 : 0;
    require(header.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto whole = read(bytes, std::max<std::size_t>(size, 1));
  const auto in_pieces = read(bytes, 1);
  require(whole.has_value() == in_pieces.has_value());
  if (!whole) {
    return 0;
  }
  const Request& request = whole->request;
  require(request.path == in_pieces->request.path && request.body == in_pieces->request.body);
  require(whole->used == in_pieces->used);
  require(request.path.starts_with('/') && is_utf8(request.path));
  require(request.path.find("/../") == std::string::npos && request.path.find('\0') == std::string::npos);
  require(count(request, "Content-Length") + count(request, "Transfer-Encoding") <= 1);
  require(count(request, "Host") <= 1);
  require(parse_host(request.host.empty() ? "empty" : request.host) == (request.host.empty() ? "empty" : request.host));
  static const TrustedProxies trusted({"10.0.0.0/8"});
  origin_of(*IpAddress::parse("10.0.0.1"), false, request.headers, trusted);
  return 0;
}
