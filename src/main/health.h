#pragma once

#include <optional>

#include "main/backend.h"
#include "platform/http/message.h"

namespace gatehouse::main {

// GET /readyz: 200 while this host can serve; 503 only for causes of this host (draining, clock). Shared dependencies
// stand in the body, so that a dead Redis does not drain every host at once.
// Why a new configuration is not served is told to clients on this host only; others hear that it is not.
http::Response readiness(const Deployment& deployment, const Backends& backends, const http::Request& request);

// GET /metrics: Prometheus' text format, for clients on this host only: their Host header names it as localhost or by a
// loopback address, and nothing says that a proxy passes their request on.
std::optional<http::Response> metrics(Deployment& deployment, const Backends& backends, const http::Request& request);

}  // namespace gatehouse::main
