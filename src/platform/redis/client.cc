#include "platform/redis/client.h"

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <unordered_map>

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <openssl/sha.h>

#include "platform/base/timer.h"
#include "platform/redis/link.h"
#include "platform/telemetry/log.h"

namespace gatehouse::redis {

namespace {

constexpr asio::use_awaitable_t<Executor> kUse;
constexpr Micros kSweep = std::chrono::milliseconds{50};
constexpr Micros kFirstBackOff = std::chrono::milliseconds{20};
constexpr Micros kLongestBackOff = std::chrono::milliseconds{250};
constexpr Micros kSteady = std::chrono::seconds{2};  // a link that lived longer is followed by another at once

Error away() { return unavailable("Redis is not reachable"); }

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> codes) {
  return std::ranges::any_of(codes, [&](std::string_view code) { return text.starts_with(code); });
}

// This server is not, or not yet, the one to talk to: look for it again.
bool wrong_server(const Reply& reply) {
  return reply.kind == Reply::Kind::error && starts_with_any(reply.text, {"READONLY", "LOADING", "MASTERDOWN"});
}

// The server cannot do now what it could do at other times.
bool means_away(const Reply& reply) {
  return reply.kind == Reply::Kind::error &&
         (wrong_server(reply) ||
          starts_with_any(reply.text, {"MISCONF", "OOM", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN", "BUSY"}));
}

Error refused(const Reply& reply) {
  // Only the code: the rest of Redis' text may quote arguments.
  return {ErrorKind::internal_error, "UnexpectedError",
          "Redis refused a command: " + reply.text.substr(0, reply.text.find(' '))};
}

std::string sha1_hex(std::string_view text) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  }
  return hex;
}

struct Pending {
  OneShot<Reply> reply;
  Micros deadline{};
};

}  // namespace

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  // connecting: commands wait for the link; away: they fail at once.
  enum class State { connecting, up, away, closed };

  Impl(asio::io_context& context, ClientOptions chosen)
      : io(context),
        options(std::move(chosen)),
        address(parse_address(options.url)),
        pause(context),
        sweeper(context) {}

  asio::io_context& io;
  ClientOptions options;
  Address address;
  State state = State::connecting;
  std::shared_ptr<Link> link;
  std::deque<std::shared_ptr<Pending>> waiting;  // in the order of their replies
  std::string out;                               // not yet on its way
  bool writing = false;
  bool sweeping = false;
  bool told_away = false;
  Micros armed_at{};  // when the sweeper was; boot time
  Timer pause;
  Timer sweeper;
  std::unordered_map<const char*, std::string> hashes;

  Task<Reply> exchange(Context& ctx, std::vector<std::string> words);
  const std::string& hash_of(Script script);
  void flush();
  void lose(const std::shared_ptr<Link>& lost, State next);
  void arm_sweeper();
  void sweep();
  void allow_for_pause();
  void fail_all();

  void tell_away(const std::string& why);
  void not_connected(const std::string& why);

  static Task<void> run(std::shared_ptr<Impl> self);
  static Task<bool> connect(std::shared_ptr<Impl> self);
  static Task<void> read_replies(std::shared_ptr<Impl> self, std::shared_ptr<Link> link);
  static Task<void> write(std::shared_ptr<Impl> self, std::shared_ptr<Link> link);
};

Task<Reply> Client::Impl::exchange(Context& ctx, std::vector<std::string> words) {
  ctx.assert_no_lease("Redis");
  if (state == State::away || state == State::closed) {
    throw away();
  }
  if (waiting.size() >= options.depth) {
    throw unavailable("too many Redis commands are waiting");
  }
  const auto keep = shared_from_this();
  const auto pending = std::make_shared<Pending>();
  pending->deadline = boot_time() + options.command_time;
  waiting.push_back(pending);
  out += encode_command(words);
  flush();
  arm_sweeper();
  Reply reply = co_await pending->reply.wait();
  if (means_away(reply)) {
    throw away();
  }
  co_return reply;
}

const std::string& Client::Impl::hash_of(Script script) {
  auto& hash = hashes[script.text];
  if (hash.empty()) {
    hash = sha1_hex(script.text);
  }
  return hash;
}

void Client::Impl::flush() {
  if (state != State::up || writing || out.empty()) {
    return;
  }
  writing = true;
  asio::co_spawn(io.get_executor(), write(shared_from_this(), link), asio::detached);
}

// Everything that was queued in this turn of the loop goes out as one segment.
Task<void> Client::Impl::write(std::shared_ptr<Impl> self, std::shared_ptr<Link> link) {
  try {
    while (link == self->link && !self->out.empty()) {
      const std::string segment = std::exchange(self->out, {});
      co_await link->send(segment);
    }
  } catch (const boost::system::system_error&) {
    self->lose(link, State::connecting);
  }
  if (link == self->link) {
    self->writing = false;
  }
}

// Fails what was on its way on `lost`; does nothing if another link has taken its place.
void Client::Impl::lose(const std::shared_ptr<Link>& lost, State next) {
  if (lost == nullptr || lost != link) {
    return;
  }
  link->close();
  link.reset();
  writing = false;
  if (state != State::closed) {
    state = next;
  }
  fail_all();
}

void Client::Impl::arm_sweeper() {
  if (sweeping) {
    return;
  }
  sweeping = true;
  armed_at = boot_time();
  sweeper.expires_after(kSweep);
  sweeper.async_wait([self = shared_from_this()](boost::system::error_code) {
    self->sweeping = false;
    self->sweep();
  });
}

// If we were stopped, the server is not to blame: what waits has its time from now on.
void Client::Impl::allow_for_pause() {
  const Micros stopped_for = boot_time() - armed_at - 2 * kSweep;
  if (stopped_for <= Micros{0}) {
    return;
  }
  for (const auto& pending : waiting) {
    pending->deadline += stopped_for;
  }
}

// Replies come in order: when the first is late, all behind it are, and the server is stuck.
void Client::Impl::sweep() {
  if (waiting.empty()) {
    return;
  }
  allow_for_pause();
  if (boot_time() < waiting.front()->deadline) {
    arm_sweeper();
    return;
  }
  tell_away("no answer in time");
  if (link != nullptr) {
    lose(link, State::away);
    return;
  }
  state = State::away;
  fail_all();
}

void Client::Impl::fail_all() {
  out.clear();
  for (auto& pending : std::exchange(waiting, {})) {
    pending->reply.fail(std::make_exception_ptr(away()));
  }
}

Task<void> Client::Impl::read_replies(std::shared_ptr<Impl> self, std::shared_ptr<Link> link) {
  try {
    while (link == self->link) {
      Reply reply = co_await link->receive();
      if (link != self->link || self->waiting.empty()) {
        break;  // a reply that nobody asked for is not Redis
      }
      const auto pending = self->waiting.front();
      self->waiting.pop_front();
      const bool elsewhere = wrong_server(reply);
      pending->reply.set(std::move(reply));
      if (elsewhere) {
        self->tell_away("not a master that is ready");
        self->lose(link, State::away);
      }
    }
  } catch (const boost::system::system_error&) {  // NOLINT(bugprone-empty-catch)
    // The one cause of interest is that the link is gone.
  }
  self->lose(link, State::connecting);
}

Task<bool> Client::Impl::connect(std::shared_ptr<Impl> self) {
  const auto fresh = std::make_shared<Link>(self->io);
  const auto late = std::make_shared<bool>(false);
  Timer patience(self->io, self->options.connect_time);
  patience.async_wait([fresh, late](boost::system::error_code cancelled) {
    if (!cancelled) {
      *late = true;
      fresh->close();
    }
  });
  std::string why;
  try {
    co_await fresh->open(self->address);
    patience.cancel();
  } catch (const boost::system::system_error& error) {
    why = error.code().message();
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  if (why.empty() && !*late && self->state != State::closed) {
    self->link = fresh;
    self->state = State::up;
    co_return true;
  }
  fresh->close();
  self->not_connected(*late ? "no answer in time" : why);
  co_return false;
}

void Client::Impl::tell_away(const std::string& why) {
  if (!told_away && state != State::closed) {
    told_away = true;
    log::warn("Redis is away", {{"redis", address.describe()}, {"cause", why}});
  }
}

void Client::Impl::not_connected(const std::string& why) {
  tell_away(why);
  if (state == State::connecting) {
    state = State::away;
    fail_all();
  }
}

Task<void> Client::Impl::run(std::shared_ptr<Impl> self) {
  Micros back_off = kFirstBackOff;
  while (self->state != State::closed) {
    const Micros began = boot_time();
    if (co_await connect(self)) {
      if (std::exchange(self->told_away, false)) {
        log::info("Redis is back", {{"redis", self->address.describe()}});
      }
      self->flush();
      co_await read_replies(self, self->link);
    }
    if (boot_time() - began > kSteady) {
      back_off = kFirstBackOff;
      if (self->state == State::connecting) {
        continue;
      }
    }
    self->pause.expires_after(back_off);
    back_off = std::min(back_off * 2, kLongestBackOff);
    co_await self->pause.async_wait(asio::as_tuple(kUse));
  }
}

Client::Client(asio::io_context& io, ClientOptions options) : impl_(std::make_shared<Impl>(io, std::move(options))) {
  asio::co_spawn(io.get_executor(), Impl::run(impl_), asio::detached);
}

Client::~Client() { close(); }

bool Client::reachable() const { return impl_->state == Impl::State::up; }

void Client::close() {
  if (impl_->state == Impl::State::closed) {
    return;
  }
  impl_->state = Impl::State::closed;
  impl_->lose(impl_->link, Impl::State::closed);
  impl_->fail_all();
  impl_->pause.cancel();
  impl_->sweeper.cancel();
}

Task<Reply> Client::command(Context& ctx, std::vector<std::string> words) {
  Reply reply = co_await impl_->exchange(ctx, std::move(words));
  if (reply.kind == Reply::Kind::error) {
    throw refused(reply);
  }
  co_return reply;
}

Task<Reply> Client::run(Context& ctx, Script script, std::vector<std::string> keys,
                        std::vector<std::string> arguments) {
  const auto impl = impl_;
  std::vector<std::string> words{"EVALSHA", impl->hash_of(script), std::to_string(keys.size())};
  words.insert(words.end(), std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
  words.insert(words.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  Reply reply = co_await impl->exchange(ctx, words);
  if (reply.kind == Reply::Kind::error && reply.text.starts_with("NOSCRIPT")) {
    words[0] = "EVAL";
    words[1] = script.text;
    reply = co_await impl->exchange(ctx, std::move(words));
  }
  if (reply.kind == Reply::Kind::error) {
    throw refused(reply);
  }
  co_return reply;
}

Task<std::optional<std::string>> Client::get(Context& ctx, std::string key) {
  std::vector<std::string> words{"GET", std::move(key)};
  Reply reply = co_await command(ctx, std::move(words));
  if (reply.kind == Reply::Kind::nil) {
    co_return std::nullopt;
  }
  co_return std::move(reply.text);
}

Task<void> Client::set(Context& ctx, std::string key, std::string value, Seconds expires_in) {
  std::vector<std::string> words{"SET", std::move(key), std::move(value), "EX", std::to_string(expires_in.count())};
  co_await command(ctx, std::move(words));
}

Task<void> Client::remove(Context& ctx, std::string key) {
  std::vector<std::string> words{"DEL", std::move(key)};
  co_await command(ctx, std::move(words));
}

}  // namespace gatehouse::redis
