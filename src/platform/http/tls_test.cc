#include <filesystem>
#include <fstream>
#include <future>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "platform/http/server.h"
#include "support/http_server.h"

namespace gatehouse::http {
namespace {

using test::HttpServer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A certificate for localhost that signs itself, and its key, in a folder that goes away.
class Certificate {
 public:
  Certificate() : folder_(std::filesystem::temp_directory_path() / ("gatehouse-tls-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_sign(certificate, key, EVP_sha256());
    std::FILE* out = std::fopen(files().certificate.c_str(), "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
    out = std::fopen(files().key.c_str(), "w");
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }

  TlsFiles files() const { return {.certificate = folder_ / "certificate.pem", .key = folder_ / "key.pem"}; }

 private:
  std::filesystem::path folder_;
};

// What a client that accepts any certificate hears.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int highest_version = TLS1_3_VERSION)
      : context_(asio::ssl::context::tls_client) {
    SSL_CTX_set_security_level(context_.native_handle(), 0);
    SSL_CTX_set_max_proto_version(context_.native_handle(), highest_version);
    stream_.emplace(io_, context_);
    SSL_set_alpn_protos(stream_->native_handle(), reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
    stream_->next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream_->handshake(asio::ssl::stream_base::client);
  }

  std::string ask(std::string_view request) {
    asio::write(*stream_, asio::buffer(request));
    std::string answer;
    boost::system::error_code error;
    asio::read(*stream_, asio::dynamic_buffer(answer), error);
    return answer;
  }
  // Sends a request, says goodbye by TLS, and goes.
  void leave_behind(std::string_view request) {
    asio::write(*stream_, asio::buffer(request));
    stream_->async_shutdown([](const boost::system::error_code&) {});
    io_.poll();
    stream_->next_layer().close();
  }
  std::string protocol() {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(stream_->native_handle(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }

 private:
  asio::io_context io_;
  asio::ssl::context context_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket>> stream_;
};

Task<Response> scheme(Context&, const Request& request) {
  co_return Response::text(Status::ok, (request.secure ? "secure " : "plain ") + request.body);
}

TEST(HttpTls, speaks_http_1_1_over_tls_1_2_and_1_3) {
  const Certificate certificate;
  HttpServer server(scheme, {.tls = certificate.files()});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), version);
    EXPECT_EQ(client.protocol(), "http/1.1");
    const std::string body(100'000, 'x');
    const std::string answer =
        client.ask("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n" + body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nsecure " + body));
  }
}

TEST(HttpTls, older_versions_and_plain_text_are_refused) {
  const Certificate certificate;
  HttpServer server(scheme, {.tls = certificate.files()});
  EXPECT_THROW(TlsClient(server.port(), TLS1_1_VERSION), boost::system::system_error);
  EXPECT_EQ(test::ask(server.port(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 0);
}

TEST(HttpTls, a_client_that_never_greets_is_dropped) {
  const Certificate certificate;
  ServerOptions options{.tls = certificate.files()};
  options.limits.header_time = Seconds{1};
  HttpServer server(scheme, options);
  test::RawClient silent(server.port());
  EXPECT_TRUE(silent.is_closed());
}

TEST(HttpTls, a_handler_hears_that_its_client_has_left) {
  const Certificate certificate;
  std::promise<void> heard;
  const auto wait_for_end = [&heard](Context& ctx, const Request&) -> Task<Response> {
    const auto executor = co_await asio::this_coro::executor;
    while (!ctx.client_left->load()) {
      co_await asio::post(executor, asio::use_awaitable_t<Executor>{});
    }
    heard.set_value();
    co_return Response::text(Status::ok, "nobody reads this");
  };
  HttpServer server(wait_for_end, {.tls = certificate.files()});
  TlsClient(server.port()).leave_behind("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(heard.get_future().wait_for(Seconds{5}), std::future_status::ready);
}

TEST(HttpTls, files_that_cannot_be_used_are_named) {
  const Certificate certificate;
  asio::io_context io;
  try {
    Server(io, {.tls = TlsFiles{.certificate = certificate.files().certificate, .key = "/nowhere/key.pem"}}, scheme);
    FAIL() << "a key that is not there was accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/key.pem"));
  }
}

}  // namespace
}  // namespace gatehouse::http
