#include "platform/redis/link.h"

#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>

#include <boost/asio.hpp>
#include <hiredis/hiredis.h>

#include "platform/base/name_lookup.h"

namespace gatehouse::redis {

namespace {

constexpr asio::use_awaitable_t<Executor> kUse;
constexpr std::size_t kReadSize = std::size_t{16} * 1024;
constexpr Micros kLongestLookup = std::chrono::seconds{5};
constexpr int kDeepestReply = 8;

Reply to_reply(const redisReply& from, int depth = 0) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::integer;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::text;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::error;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::array;
      for (std::size_t i = 0; i < from.elements && depth < kDeepestReply; ++i) {
        reply.array.push_back(to_reply(*from.element[i], depth + 1));
      }
      break;
    default:
      break;
  }
  return reply;
}

[[noreturn]] void broken_protocol() {
  throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::protocol_error));
}

// An error's first word is its code; what follows may quote arguments.
std::string code_of(const Reply& reply) { return reply.text.substr(0, reply.text.find(' ')); }

void notice_dead_peers(Link::Socket& socket) {
  const int on = 1;
  const int idle_seconds = 5;
  const int probes = 3;
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof on);
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace

void Link::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

Link::Link(asio::io_context& io) : socket_(io), reader_(redisReaderCreate()), buffer_(kReadSize) {}

Link::~Link() = default;

Task<void> Link::open(Address address) {
  co_await connect(address);
  if (address.tls) {
    co_await start_tls(address.host);
  }
  co_await sign_in(address);
}

Task<void> Link::connect(const Address& address) {
  if (!address.socket_path.empty()) {
    const asio::local::stream_protocol::endpoint endpoint(address.socket_path);
    co_await socket_.async_connect(endpoint, kUse);
    co_return;
  }
  const Addresses found = co_await look_up_name(address.host, kLongestLookup);
  const auto port = static_cast<std::uint16_t>(std::stoul(address.port));
  boost::system::error_code failed = asio::error::host_not_found;
  for (const auto& each : found) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    const asio::generic::stream_protocol::endpoint endpoint(asio::ip::tcp::endpoint(each, port));
    co_await socket_.async_connect(endpoint, asio::redirect_error(kUse, failed));
    if (!failed) {
      notice_dead_peers(socket_);
      co_return;
    }
  }
  throw boost::system::system_error(failed);
}

Task<void> Link::start_tls(const std::string& host) {
  tls_context_.emplace(asio::ssl::context::tls_client);
  tls_context_->set_default_verify_paths();
  tls_context_->set_verify_mode(asio::ssl::verify_peer);
  tls_.emplace(socket_, *tls_context_);
  tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
  co_await tls_->async_handshake(asio::ssl::stream_base::client, kUse);
}

Task<void> Link::sign_in(const Address& address) {
  if (!address.password.empty()) {
    std::vector<std::string> auth{"AUTH"};
    if (!address.username.empty()) {
      auth.push_back(address.username);
    }
    auth.push_back(address.password);
    co_await ask(std::move(auth));
  }
  if (address.database != 0) {
    std::vector<std::string> select{"SELECT", std::to_string(address.database)};
    co_await ask(std::move(select));
  }
  std::vector<std::string> ping{"PING"};  // says LOADING while the server reads its data
  co_await ask(std::move(ping));
}

Task<Reply> Link::ask(std::vector<std::string> words) {
  const std::string wire = encode_command(words);
  co_await send(wire);
  Reply reply = co_await receive();
  if (reply.kind == Reply::Kind::error) {
    throw std::runtime_error("Redis answered " + code_of(reply) + " to " + words.front());
  }
  co_return reply;
}

std::optional<Reply> Link::parsed() {
  void* raw = nullptr;
  if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
    broken_protocol();
  }
  if (raw == nullptr) {
    return std::nullopt;
  }
  const std::unique_ptr<void, void (*)(void*)> owner(raw, freeReplyObject);
  return to_reply(*static_cast<const redisReply*>(raw));
}

Task<Reply> Link::receive() {
  for (;;) {
    if (auto reply = parsed()) {
      co_return std::move(*reply);
    }
    std::size_t count = 0;
    if (tls_) {
      count = co_await tls_->async_read_some(asio::buffer(buffer_), kUse);
    } else {
      count = co_await socket_.async_read_some(asio::buffer(buffer_), kUse);
    }
    if (redisReaderFeed(reader_.get(), buffer_.data(), count) != REDIS_OK) {
      broken_protocol();
    }
  }
}

Task<void> Link::send(std::string_view bytes) {
  if (tls_) {
    co_await asio::async_write(*tls_, asio::buffer(bytes), kUse);
  } else {
    co_await asio::async_write(socket_, asio::buffer(bytes), kUse);
  }
}

void Link::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace gatehouse::redis
