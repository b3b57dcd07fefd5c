#include "platform/http/tls_context.h"

#include <stdexcept>

namespace gatehouse::http {

namespace {

constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// A client that offers only other protocols gets none, as RFC 7301 3.2 lets us answer; it will speak HTTP/1.1 or leave.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kProtocols, sizeof kProtocols, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void check(const boost::system::error_code& error, const char* what, const std::string& file) {
  if (error) {
    throw std::runtime_error(std::string{"the TLS "} + what + " in " + file + " cannot be used: " + error.message());
  }
}

}  // namespace

asio::ssl::context make_tls_context(const TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  boost::system::error_code error;
  context.use_certificate_chain_file(files.certificate, error);
  check(error, "certificate", files.certificate);
  context.use_private_key_file(files.key, asio::ssl::context::pem, error);
  check(error, "key", files.key);
  if (SSL_CTX_check_private_key(native) != 1) {
    throw std::runtime_error("the TLS key in " + files.key + " does not belong to the certificate in " +
                             files.certificate);
  }
  return context;
}

}  // namespace gatehouse::http
