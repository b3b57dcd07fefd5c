#include <atomic>
#include <poll.h>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "platform/http/error_response.h"
#include "platform/http/head_reader.h"
#include "platform/http/incoming.h"
#include "platform/http/large_body.h"
#include "platform/http/read_buffer.h"
#include "platform/http/request_parser.h"
#include "platform/http/response_head.h"
#include "platform/http/server_core.h"
#include "platform/telemetry/log.h"

namespace gatehouse::http {

namespace {

using boost::system::error_code;
using TlsStream = asio::ssl::stream<Socket>;

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr Micros kLastWord = Seconds{1};
constexpr Micros kLingerTime = Seconds{2};
constexpr Micros kHandlerGrace = Seconds{1};
constexpr std::size_t kLingerBytes = std::size_t{256} * 1024;
constexpr std::size_t kBodyRead = std::size_t{16} * 1024;
constexpr std::size_t kCopyUpTo = std::size_t{16} * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kTookTooLong =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nCache-Control: no-store\r\n"
    "Connection: close\r\n\r\n";

enum class Phase { idle, head, body, handling, writing, closing };

// One connection: requests are read, handled and answered one after the other, so that answers keep their order and
// what a client sends ahead waits in its socket.
template <class Stream>
class StreamConnection final : public Connection {
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

 public:
  template <class... Args>
  StreamConnection(std::shared_ptr<ServerCore> core, const IpAddress& peer, Args&&... args)
      : core_(std::move(core)), stream_(std::forward<Args>(args)...), peer_(peer), peer_ip_(peer.text()) {
    ++core_->connection_count;
    ++core_->traffic.opened;
    enter(Phase::idle, core_->options.limits.header_time);
  }
  ~StreamConnection() override {
    --core_->connection_count;
    ++core_->traffic.closed;
  }

  Task<void> run() override {
    if constexpr (kTls) {
      enter(Phase::closing, core_->options.limits.header_time);
      if (const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwaitTuple); error) {
        co_return;
      }
    }
    if (core_->draining) {  // taken from the listener's queue at the last moment
      enter(Phase::head, kLastWord);
    } else {
      enter(Phase::idle, core_->options.limits.header_time);
    }
    while (co_await read_head()) {
      if (!co_await exchange()) {
        break;
      }
      if (must_yield()) {
        co_await asio::post(core_->io.get_executor(), asio::use_awaitable_t<Executor>{});
      }
      enter_at(finished_, Phase::idle, core_->options.limits.idle_time);
    }
    co_await finish();
  }

  void sweep(Micros now) override {
    if (now < deadline_) {
      watch(now);
      return;
    }
    switch (phase_) {
      case Phase::idle:
      case Phase::head:
      case Phase::body:
        expired_ = true;
        cancel();
        return;
      case Phase::handling:
        give_up();
        return;
      case Phase::writing:
      case Phase::closing:
        abort();
        return;
    }
  }

  void drain() override {
    if (phase_ == Phase::idle) {
      cancel();
    }
  }

  bool close_if_idle(Micros since) override {
    if (phase_ != Phase::idle || entered_ >= since) {
      return false;
    }
    expired_ = true;
    cancel();
    return true;
  }

  void abort() override {
    error_code ignored;
    gone_ = true;
    client_left_->store(true);
    if (const auto unanswered = std::exchange(in_hand_, {}); unanswered.request != nullptr) {
      record(*unanswered.request, unanswered.method, Status::service_unavailable, 0, boot_time() - started_);
    }
    socket().close(ignored);
  }

 private:
  Socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void cancel() {
    error_code ignored;
    socket().cancel(ignored);
  }

  void enter(Phase phase, Micros time) { enter_at(boot_time(), phase, time); }
  void enter_at(Micros now, Phase phase, Micros time) {
    phase_ = phase;
    entered_ = now;
    deadline_ = now + time;
    expired_ = false;
  }

  // The handler did not keep its deadline. Its answer, should it come, is dropped.
  void give_up() {
    error_code ignored;
    if constexpr (!kTls) {
      stream_.write_some(asio::buffer(kTookTooLong), ignored);
      stream_.shutdown(Socket::shutdown_send, ignored);
    }
    log::warn("a request took longer than its handler may", {{"request_id", request_id_}});
    abort();
  }

  // Waits for one whole request head, or for what has to be refused; false where the connection ends without an answer.
  Task<bool> read_head() {
    head_.begin();
    if (!buffer_.empty()) {
      enter(Phase::head, core_->options.limits.header_time);
    }
    while (!head_.look(buffer_)) {
      if (co_await fill(0)) {
        if (phase_ == Phase::idle) {
          enter(Phase::head, core_->options.limits.header_time);
        }
        continue;
      }
      if (!expired_ || buffer_.empty() || gone_) {
        co_return false;
      }
      head_.refuse({Status::request_timeout, "the request's head did not come in time"});
    }
    co_return true;
  }

  // Reads what has come, or waits for it. False at the end of the stream, on errors and time-outs.
  Task<bool> fill(std::size_t wanted) {
    for (;;) {
      const auto [error, count] = co_await read_some(wanted);
      buffer_.commit(count);
      if (!error) {
        co_return true;
      }
      if (expired_ || gone_ || (error != asio::error::operation_aborted && error != asio::error::would_block)) {
        co_return false;
      }
      if (core_->draining && phase_ == Phase::idle) {
        co_return take_last_bytes();
      }
    }
  }

  Task<std::tuple<error_code, std::size_t>> read_some(std::size_t wanted) {
    if constexpr (!kTls) {
      if (rests_) {
        buffer_.release();
        const auto [error] = co_await socket().async_wait(Socket::wait_read, kAwaitTuple);
        rests_ = false;
        if (error) {
          co_return std::tuple<error_code, std::size_t>(error, 0);
        }
      }
    }
    buffer_.prepare(wanted);
    co_return co_await stream_.async_read_some(asio::buffer(buffer_.tail(), buffer_.room()), kAwaitTuple);
  }

  // Between deadlines: what idles rests, and what works for a client that has closed its side hears of it.
  void watch(Micros now) {
    if (phase_ == Phase::idle && now - entered_ > core_->options.limits.rest_after) {
      rest();
    } else if (phase_ == Phase::handling && client_has_left()) {
      client_left_->store(true);
    }
  }

  // A reset, or the end of what the client sends, behind whatever is still unread (a TLS close_notify, requests sent
  // ahead). A client that closes its side and still waits cannot be told from one that has gone: it gets its answer,
  // but no work is begun for it any more.
  bool client_has_left() {
    pollfd state{.fd = socket().native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&state, 1, 0) > 0;
  }

  // A connection that has waited for a while with nothing read holds no buffer: its read begins again without one.
  void rest() {
    if (!kTls && buffer_.is_allocated() && !rests_) {
      rests_ = true;
      cancel();
    }
  }

  // While draining: a request that is here already is answered.
  bool take_last_bytes() {
    if constexpr (kTls) {
      return false;
    } else {
      error_code error;
      buffer_.prepare();
      buffer_.commit(stream_.read_some(asio::buffer(buffer_.tail(), buffer_.room()), error));
      return !error && !buffer_.empty();
    }
  }

  // One request and its answer; true where the connection goes on.
  Task<bool> exchange() {
    Request request;
    Context ctx;
    begin(request, ctx);
    LargeBody body(*core_);
    RequestParser parser(core_->options.limits, request);
    std::optional<Response> response = take_head(parser, request, ctx);
    if (!response && !parser.done()) {
      response = co_await read_body(parser, request, body);
      ctx.deadline = started_ + core_->options.limits.handler_time;
    }
    lingers_ = response.has_value();
    if (response) {
      core_->dress_refusal(ctx, request, *response);
    } else {
      enter_at(started_, Phase::handling, core_->options.limits.handler_time + kHandlerGrace);
      in_hand_ = {&request, parser.method_name()};
      try {
        response = co_await core_->handle(ctx, request);
      } catch (...) {
        response = response_of_current_exception(ctx);
      }
      in_hand_ = {};
    }
    if (gone_) {
      co_return false;
    }
    check_last(ctx, *response);
    const bool keep_alive = !lingers_ && parser.keep_alive() && !core_->draining;
    const ResponseFrame frame{.request_id = ctx.request_id,
                              .date = core_->date.at(started_),
                              .head_request = request.method == Method::head,
                              .close = !keep_alive,
                              .say_keep_alive = keep_alive && parser.http_1_0()};
    const auto rest = write_now(*response, frame);
    const bool written = rest && (asio::buffer_size(*rest) == 0 || co_await write_rest(*rest));
    std::string().swap(output_);
    finished_ = boot_time();
    const std::size_t bytes = response->shared_body ? response->shared_body->size() : response->body.size();
    record(request, parser.method_name(), response->status, bytes, finished_ - started_);
    co_return written&& keep_alive;
  }

  // Takes the head from the buffer; the response where the request is refused.
  std::optional<Response> take_head(RequestParser& parser, Request& request, Context& ctx) {
    if (head_.refusal()) {
      return response_of(*head_.refusal());
    }
    if (auto refused = http::read_head(parser, buffer_.view().substr(0, head_.length()))) {
      return refused;
    }
    buffer_.consume(head_.length());
    identify(request, ctx, peer_, kTls, core_->trusted);
    request_id_ = request.request_id;
    return std::nullopt;
  }

  void begin(Request& request, Context& ctx) {
    started_ = boot_time();
    request.peer_ip = peer_ip_;
    request.client_ip = peer_ip_;
    request.secure = kTls;
    request.request_id = core_->ids.next();
    ctx.request_id = request.request_id;
    if (client_left_.use_count() > 1 || client_left_->load()) {  // each request has its own
      client_left_ = std::make_shared<std::atomic<bool>>(false);
    }
    ctx.client_left = client_left_;
    request_id_ = request.request_id;
    ctx.deadline = started_ + core_->options.limits.handler_time;
  }

  Task<std::optional<Response>> read_body(RequestParser& parser, const Request& request, LargeBody& body) {
    enter(Phase::body, core_->options.limits.body_time);
    if (parser.expects_continue() && buffer_.empty()) {
      if (const auto rest = send_now({asio::buffer(kContinue), {}}); rest && asio::buffer_size(*rest) > 0) {
        co_await write_rest(*rest);
        enter(Phase::body, core_->options.limits.body_time);
      }
    }
    std::optional<Response> refused;
    for (;;) {
      std::size_t used = 0;
      refused = read_body_part(parser, buffer_.view(), used);
      buffer_.consume(used);
      if (!refused && !body.grows_to(request.body.size())) {
        refused = response_of(unavailable("too many large requests are being read"));
      }
      if (refused || parser.done()) {
        break;
      }
      if (buffer_.view().size() > core_->options.limits.header_bytes) {
        refused = response_of(Refusal{Status::bad_request, "a line of the chunked body is too long"});
        break;
      }
      if (!co_await fill(std::min<std::size_t>(parser.remaining().value_or(kBodyRead), kBodyRead))) {
        gone_ = gone_ || !expired_;
        refused = response_of(Refusal{Status::request_timeout, "the request's body did not come in time"});
        break;
      }
    }
    buffer_.shrink();
    started_ = boot_time();
    co_return refused;
  }

  using Pieces = std::array<asio::const_buffer, 2>;

  // Most answers fit into the socket's buffer: tried at once, before anything is waited for. Returns what is left to
  // write, nothing where the connection is broken. The response must live until then.
  std::optional<Pieces> write_now(const Response& response, const ResponseFrame& frame) {
    const std::string& body = response.shared_body ? *response.shared_body : response.body;
    const bool copies = !frame.head_request && body.size() <= kCopyUpTo;
    std::string& text = core_->output;
    text.clear();
    append_head(text, response, frame);
    Pieces pieces;
    if (copies) {
      text += body;
    } else if (!frame.head_request) {
      pieces[1] = asio::buffer(body);
    }
    pieces[0] = asio::buffer(text);
    auto rest = send_now(pieces);
    if (rest) {
      output_.assign(static_cast<const char*>((*rest)[0].data()), (*rest)[0].size());
      (*rest)[0] = asio::buffer(output_);
    }
    return rest;
  }

  std::optional<Pieces> send_now(Pieces pieces) {
    if constexpr (!kTls) {
      error_code error;
      std::size_t count = pieces[1].size() == 0 ? stream_.write_some(asio::const_buffer(pieces[0]), error)
                                                : stream_.write_some(pieces, error);
      if (error && error != asio::error::would_block) {
        return std::nullopt;
      }
      for (asio::const_buffer& piece : pieces) {
        const std::size_t used = std::min(count, piece.size());
        piece += used;
        count -= used;
      }
    }
    return pieces;
  }

  Task<bool> write_rest(Pieces pieces) {
    enter(Phase::writing, core_->options.limits.write_time);
    const auto [error, written] = co_await asio::async_write(stream_, pieces, kAwaitTuple);
    co_return !error;
  }

  void record(const Request& request, std::string_view method, Status status, std::size_t bytes, Micros duration) {
    core_->record({.method = method,
                   .path = request.path,
                   .status = static_cast<int>(status),
                   .bytes = bytes,
                   .duration = duration,
                   .client_ip = request.client_ip,
                   .request_id = request.request_id,
                   .host = request.host});
  }

  // Others have their turn after so many requests that were all here already.
  bool must_yield() {
    if (buffer_.empty() || ++burst_ < core_->options.limits.pipeline_depth) {
      return false;
    }
    burst_ = 0;
    return true;
  }

  // Closes so that the last answer arrives: closing with unread bytes would reset the connection under it (RFC
  // 9112 9.6).
  Task<void> finish() {
    if (gone_) {
      co_return;
    }
    enter(Phase::closing, kLingerTime);
    if constexpr (kTls) {
      co_await stream_.async_shutdown(kAwaitTuple);
    }
    error_code ignored;
    socket().shutdown(Socket::shutdown_send, ignored);
    for (std::size_t dropped = 0; lingers_ && dropped < kLingerBytes && !gone_;) {
      std::array<char, 4096> bytes;
      const auto [error, count] = co_await socket().async_read_some(asio::buffer(bytes), kAwaitTuple);
      if (error) {
        break;
      }
      dropped += count;
    }
  }

  const std::shared_ptr<ServerCore> core_;
  Stream stream_;
  const IpAddress peer_;
  const std::string peer_ip_;
  ReadBuffer buffer_;
  std::string output_;  // what the socket did not take at once
  HeadReader head_{core_->options.limits};
  std::string request_id_;
  std::shared_ptr<std::atomic<bool>> client_left_ = std::make_shared<std::atomic<bool>>(false);

  struct {
    const Request* request = nullptr;
    std::string_view method;
  } in_hand_;  // with its handler

  Phase phase_ = Phase::idle;
  Micros entered_{};
  Micros deadline_{};
  Micros started_{};   // of the request
  Micros finished_{};  // of its answer
  std::size_t burst_ = 0;
  bool rests_ = false;    // idle for so long that it holds no buffer
  bool expired_ = false;  // the sweep ended the wait
  bool gone_ = false;     // nothing can be answered any more
  bool lingers_ = false;  // the client may still be sending
};

}  // namespace

std::shared_ptr<Connection> make_connection(std::shared_ptr<ServerCore> core, Socket socket, const IpAddress& peer) {
  if (core->tls) {
    auto& context = *core->tls;
    return std::make_shared<StreamConnection<TlsStream>>(std::move(core), peer, std::move(socket), context);
  }
  return std::make_shared<StreamConnection<Socket>>(std::move(core), peer, std::move(socket));
}

}  // namespace gatehouse::http
