#include "support/http_server.h"

#include <arpa/inet.h>
#include <future>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "platform/base/ascii.h"
#include "platform/telemetry/log.h"

namespace gatehouse::test {

struct HttpServer::Impl {
  Impl(http::ServerOptions options, http::Handler handle) : server(io, std::move(options), std::move(handle)) {
    server.start();
    thread = std::thread([this] { io.run(); });
  }

  asio::io_context io{1};
  http::Server server;
  std::promise<void> drained;
  bool draining = false;
  std::thread thread;
};

HttpServer::HttpServer(http::Handler handle, http::ServerOptions options) {
  log::set_level(log::Level::warn);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(handle));
}

HttpServer::~HttpServer() {
  if (!impl_->draining) {
    begin_drain(Seconds{0});
  }
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t HttpServer::port() const { return impl_->server.port(); }

std::size_t HttpServer::connections() const {
  std::promise<std::size_t> count;
  asio::post(impl_->io, [&] { count.set_value(impl_->server.connections()); });
  return count.get_future().get();
}

void HttpServer::begin_drain(Seconds at_most) {
  impl_->draining = true;
  std::promise<void> begun;
  asio::post(impl_->io, [&] {
    asio::co_spawn(impl_->io.get_executor(), impl_->server.drain(at_most),
                   [this](const std::exception_ptr&) { impl_->drained.set_value(); });
    begun.set_value();
  });
  begun.get_future().wait();
}

void HttpServer::wait_drained() { impl_->drained.get_future().wait(); }

std::string RawResponse::header(std::string_view name) const {
  std::string_view rest = head;
  next_part(rest, '\n');
  while (!rest.empty()) {
    std::string_view value = next_part(rest, '\n');
    if (equals_ignoring_case(next_part(value, ':'), name)) {
      value.remove_suffix(1);  // CR
      return std::string{trim(value)};
    }
  }
  return {};
}

bool RawResponse::has_header(std::string_view name) const {
  return lower_case(head).find("\r\n" + lower_case(name) + ":") != std::string::npos;
}

RawClient::RawClient(std::uint16_t port, std::string address) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(socket_);
    throw std::runtime_error("cannot connect to the server under test");
  }
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::fill() {
  char bytes[16384];
  const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw std::runtime_error("the server under test did not answer in time");
  }
  if (count <= 0) {
    return false;
  }
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

RawResponse RawClient::receive(bool head_request) {
  RawResponse response;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return response;
    }
  }
  response.head = buffer_.substr(0, end + 4);
  response.status = std::stoi(response.head.substr(9, 3));
  buffer_.erase(0, end + 4);
  const std::string length = response.header("Content-Length");
  const std::size_t size = head_request || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < size && fill()) {
  }
  response.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

bool RawClient::is_closed() { return buffer_.empty() && !fill(); }

std::string RawClient::rest() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::has_input_within(std::chrono::milliseconds patience) {
  pollfd watched{.fd = socket_, .events = POLLIN, .revents = 0};
  return !buffer_.empty() || ::poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

void RawClient::half_close() { ::shutdown(socket_, SHUT_WR); }

void RawClient::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket_, -1));
}

RawResponse ask(std::uint16_t port, std::string_view request) {
  RawClient client(port);
  client.send(request);
  return client.receive();
}

}  // namespace gatehouse::test
