#include "platform/http/incoming.h"

#include <algorithm>

#include "platform/base/ascii.h"
#include "platform/base/utf8.h"
#include "platform/http/error_response.h"
#include "platform/http/forwarded.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kLongestUserAgent = 1024;
constexpr std::size_t kLongestRequestId = 64;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kLongestRequestId &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

std::optional<Response> read_head(RequestParser& parser, std::string_view head) {
  try {
    parser.head(head);
    return std::nullopt;
  } catch (const Refusal& refusal) {
    return response_of(refusal);
  } catch (const Error& error) {
    return response_of(error);
  }
}

std::optional<Response> read_body_part(RequestParser& parser, std::string_view bytes, std::size_t& used) {
  try {
    while (!parser.done() && used < bytes.size()) {
      const std::size_t more = parser.body(bytes.substr(used));
      if (more == 0) {
        break;
      }
      used += more;
    }
    return std::nullopt;
  } catch (const Refusal& refusal) {
    return response_of(refusal);
  }
}

void identify(Request& request, Context& ctx, const IpAddress& peer, bool peer_secure, const TrustedProxies& trusted) {
  const Origin origin = origin_of(peer, peer_secure, request.headers, trusted);
  request.secure = origin.secure;
  if (origin.client != peer) {
    request.client_ip = origin.client.text();
  }
  const auto id = request.header("X-Request-Id");
  if (id && is_request_id(*id) && trusted.trusts(peer)) {
    request.request_id = *id;
  }
  ctx.request_id = request.request_id;
  ctx.client_ip = request.client_ip;
  ctx.user_agent = utf8_or_question_marks(request.header("User-Agent").value_or(""), kLongestUserAgent);
}

}  // namespace gatehouse::http
