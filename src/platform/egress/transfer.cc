#include "platform/egress/transfer.h"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <new>
#include <sys/socket.h>

#include <fmt/format.h>

namespace gatehouse::egress {

namespace {

constexpr const char* kSystemCaFolder = "/etc/ssl/certs";
constexpr int kMustSignInFirst = 530;
constexpr int kBadCredentials = 535;

asio::ip::address to_address(const curl_sockaddr& from) {
  if (from.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from.addr, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &from.addr, std::min<std::size_t>(sizeof v6, from.addrlen));
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

std::string for_resolve(const asio::ip::address& address) {
  return address.is_v6() ? fmt::format("[{}]", address.to_string()) : address.to_string();
}

std::string for_url(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

}  // namespace

bool is_header(std::string_view line, std::string_view lower_case_name) {
  const std::string_view name = line.substr(0, line.find(':'));
  return std::ranges::equal(name, lower_case_name, {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

Transfer::Transfer() : easy_(curl_easy_init()) {
  if (easy_ == nullptr) {
    throw std::bad_alloc();
  }
  CURL* const easy = handle();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
}

void Transfer::append(List& list, const std::string& text) {
  curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) {
    throw std::bad_alloc();
  }
  list.release();  // NOLINT(bugprone-unused-return-value): libcurl took it into the longer list
  list.reset(longer);
}

void Transfer::connect_only_to(const std::string& host, const std::string& port,
                               const std::vector<asio::ip::address>& addresses, const AddressPolicy& policy) {
  if (addresses.empty()) {
    return;
  }
  policy_ = &policy;
  std::string entry = fmt::format("{}:{}:", for_url(host), port);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    entry += (i == 0 ? "" : ",") + for_resolve(addresses[i]);
  }
  append(resolve_, entry);
  curl_easy_setopt(handle(), CURLOPT_RESOLVE, resolve_.get());
}

void Transfer::trust(const std::string& extra_ca_file) {
  if (!extra_ca_file.empty()) {
    curl_easy_setopt(handle(), CURLOPT_CAPATH, kSystemCaFolder);
    curl_easy_setopt(handle(), CURLOPT_CAINFO, extra_ca_file.c_str());
  }
}

void Transfer::limit(Micros time, std::size_t response_bytes) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  curl_easy_setopt(handle(), CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds));
  curl_easy_setopt(handle(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(milliseconds));
  most_bytes_ = response_bytes;
}

void Transfer::stop_when(const std::atomic<bool>& flag) {
  curl_easy_setopt(handle(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle(), CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  curl_easy_setopt(handle(), CURLOPT_XFERINFODATA, &flag);
}

void Transfer::hear_no_more() {
  curl_socket_t connection = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(handle(), CURLINFO_ACTIVESOCKET, &connection) == CURLE_OK && connection != CURL_SOCKET_BAD) {
    shutdown(connection, SHUT_RD);
  }
}

int Transfer::on_progress(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0;
}

void Transfer::prepare(const HttpRequest& request, const std::string& proxy) {
  CURL* const easy = handle();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "gatehouse/" GATEHOUSE_VERSION);
  if (!proxy.empty()) {
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy.c_str());
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  append(headers_, "Expect:");
  for (const auto& header : request.headers) {
    if (header.find_first_of("\r\n") != std::string::npos) {
      throw Error(ErrorKind::forbidden, "EgressForbidden", "a header of an outgoing request has a line break");
    }
    append(headers_, header);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::prepare(const Mail& mail) {
  CURL* const easy = handle();
  const bool tls = mail.security == SmtpSecurity::tls;
  const std::string url = fmt::format("{}://{}:{}", tls ? "smtps" : "smtp", for_url(mail.host), mail.port);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  // CURLUSESSL_ALL: no STARTTLS, no mail.
  curl_easy_setopt(
      easy, CURLOPT_USE_SSL,
      static_cast<long>(mail.security == SmtpSecurity::starttls_if_offered ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!mail.username.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, mail.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, mail.password.c_str());
  }
  for (const auto* address : {&mail.envelope_from, &mail.envelope_to}) {
    if (address->find_first_of("\r\n<> ") != std::string::npos) {
      throw Error(ErrorKind::forbidden, "EgressForbidden", "an envelope address has a forbidden character",
                  boost::json::object{{"permanent", true}});
    }
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + mail.envelope_from + ">").c_str());
  append(recipients_, "<" + mail.envelope_to + ">");
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients_.get());
  upload_ = mail.message;
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::on_upload);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
}

int Transfer::status() const {
  long code = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

std::string Transfer::redirect_url() const {
  const char* url = nullptr;
  curl_easy_getinfo(handle(), CURLINFO_REDIRECT_URL, &url);
  return url == nullptr ? std::string() : std::string(url);
}

HttpResponse Transfer::response() const {
  const char* type = nullptr;
  curl_easy_getinfo(handle(), CURLINFO_CONTENT_TYPE, &type);
  HttpResponse response;
  response.status = status();
  response.body = body_;
  response.content_type = type == nullptr ? "" : type;
  return response;
}

bool Transfer::permanently_refused(CURLcode code) const {
  const int reply = status();
  const bool about_message = code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && uploaded_ > 0);
  return about_message && reply >= 500 && reply < 600 && reply != kBadCredentials && reply != kMustSignInFirst;
}

std::size_t Transfer::on_body(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  if (transfer.body_.size() + bytes > transfer.most_bytes_) {
    transfer.too_large_ = true;
    return 0;
  }
  transfer.body_.append(data, bytes);
  return bytes;
}

std::size_t Transfer::on_upload(char* into, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = std::min(size * count, transfer.upload_.size() - transfer.uploaded_);
  transfer.upload_.copy(into, bytes, transfer.uploaded_);
  transfer.uploaded_ += bytes;
  return bytes;
}

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  const auto& transfer = *static_cast<const Transfer*>(self);
  const bool internet = address->family == AF_INET || address->family == AF_INET6;
  if (!internet || (transfer.policy_ != nullptr && !transfer.policy_->permits(to_address(*address)))) {
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace gatehouse::egress
