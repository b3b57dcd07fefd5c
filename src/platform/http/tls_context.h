#pragma once

#include <boost/asio/ssl/context.hpp>

#include "platform/http/server.h"

namespace gatehouse::http {

// TLS 1.2 and 1.3, HTTP/1.1 by ALPN. Throws std::runtime_error that names the file which cannot be used.
asio::ssl::context make_tls_context(const TlsFiles& files);

}  // namespace gatehouse::http
