#pragma once

#include <optional>
#include <string_view>

#include "platform/http/address.h"
#include "platform/http/message.h"
#include "platform/http/request_parser.h"

namespace gatehouse::http {

// Reads a head into the parser's request; the response where it is refused.
std::optional<Response> read_head(RequestParser& parser, std::string_view head);

// Feeds what it can of `bytes` to the body and counts it in `used`; the response where it is refused.
std::optional<Response> read_body_part(RequestParser& parser, std::string_view bytes, std::size_t& used);

// Says in `request` and `ctx` who asks: client, scheme and request id through trusted proxies only, and the user agent.
void identify(Request& request, Context& ctx, const IpAddress& peer, bool peer_secure, const TrustedProxies& trusted);

}  // namespace gatehouse::http
