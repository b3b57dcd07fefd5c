#pragma once

#include <vector>

#include "platform/http/address.h"
#include "platform/http/message.h"

namespace gatehouse::http {

// Where a request really came from.
struct Origin {
  IpAddress client;
  bool secure = false;
};

// Reads `X-Forwarded-For` with `X-Forwarded-Proto`, and `Forwarded` (RFC 7239), from a trusted peer only. The client is
// the rightmost hop that is no trusted proxy, the leftmost where all are. Headers that cannot be read to that hop are
// ignored as a whole: the client is then the peer. So it is where both headers are there and name different clients: a
// proxy that writes one of them lets the client's own other one through, and nobody knows which. A forwarded host never
// counts.
Origin origin_of(const IpAddress& peer, bool peer_secure, const std::vector<Header>& headers,
                 const TrustedProxies& trusted);

}  // namespace gatehouse::http
