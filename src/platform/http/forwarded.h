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

// Reads `X-Forwarded-For` and `X-Forwarded-Proto` or, where there is no X-Forwarded-For, `Forwarded` (RFC 7239), and
// only from a trusted peer: a proxy that writes the former lets a client's Forwarded through. The client is the
// rightmost hop that is no trusted proxy, the leftmost where all are. Headers that cannot be read to that hop are
// ignored as a whole: the client is then the peer. A forwarded host never counts.
Origin origin_of(const IpAddress& peer, bool peer_secure, const std::vector<Header>& headers,
                 const TrustedProxies& trusted);

}  // namespace gatehouse::http
