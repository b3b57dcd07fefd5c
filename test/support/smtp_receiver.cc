#include "support/smtp_receiver.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include "platform/base/timer.h"
#include "platform/crypto/encoding.h"
#include "support/certificate.h"

namespace gatehouse::test {

namespace {

constexpr asio::use_awaitable_t<Executor> kUse;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket&>;

std::string upper_verb(const std::string& line) {
  std::string verb = line.substr(0, line.find(' '));
  std::ranges::transform(verb, verb.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return verb;
}

std::string between_brackets(const std::string& line) {
  const auto open = line.find('<');
  return line.substr(open + 1, line.find('>') - open - 1);
}

}  // namespace

struct SmtpReceiver::Impl {
  Impl(asio::io_context& context, Security chosen)
      : io(context),
        security(chosen),
        acceptor(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        tls(asio::ssl::context::tls_server) {
    const Certificate pair = self_signed("127.0.0.1");
    tls.use_certificate(asio::buffer(pair.certificate), asio::ssl::context::pem);
    tls.use_private_key(asio::buffer(pair.key), asio::ssl::context::pem);
    ca_file = (std::filesystem::temp_directory_path() /
               ("gh-smtp-ca-" + std::to_string(getpid()) + "-" + std::to_string(acceptor.local_endpoint().port())))
                  .string();
    std::ofstream(ca_file) << pair.certificate;
  }
  ~Impl() { std::filesystem::remove(ca_file); }

  struct Peer {
    explicit Peer(Socket accepted) : socket(std::move(accepted)) {}
    Socket socket;
    std::optional<TlsStream> tls;
    std::string input;

    Task<void> write(std::string text) {
      if (tls) {
        co_await asio::async_write(*tls, asio::buffer(text), kUse);
      } else {
        co_await asio::async_write(socket, asio::buffer(text), kUse);
      }
    }
    Task<std::string> line() {
      std::size_t count = 0;
      if (tls) {
        count = co_await asio::async_read_until(*tls, asio::dynamic_buffer(input), "\r\n", kUse);
      } else {
        count = co_await asio::async_read_until(socket, asio::dynamic_buffer(input), "\r\n", kUse);
      }
      std::string text = input.substr(0, count - 2);
      input.erase(0, count);
      co_return text;
    }
    Task<void> start_tls(asio::ssl::context& context) {
      tls.emplace(socket, context);
      co_await tls->async_handshake(asio::ssl::stream_base::server, kUse);
    }
  };

  // False: hang up.
  Task<bool> reply(Peer& peer, const std::string& verb, std::string usual) {
    const auto special = answers.find(verb);
    std::string text = special == answers.end() ? std::move(usual) : special->second;
    if (text.empty()) {
      co_return false;
    }
    text += "\r\n";
    co_await peer.write(text);
    co_return special == answers.end();
  }

  Task<std::string> read_data(Peer& peer) {
    std::string data;
    for (;;) {
      std::string line = co_await peer.line();
      if (line == ".") {
        co_return data;
      }
      if (line.starts_with(".")) {
        line.erase(0, 1);
      }
      data += line + "\r\n";
    }
  }

  std::string greeting(const Peer& peer) const {
    const bool offer = security == Security::starttls && !peer.tls;
    return std::string("250-receiver.test\r\n") + (offer ? "250-STARTTLS\r\n" : "250-AUTH PLAIN\r\n") + "250 8BITMIME";
  }

  Task<bool> data(Peer& peer, ReceivedMail& mail) {
    const bool go_on = co_await reply(peer, "DATA", "354 go on");
    if (!go_on) {
      co_return true;
    }
    mail.data = co_await read_data(peer);
    mail.tls = peer.tls.has_value();
    const bool taken = answers.count(".") == 0;
    if (taken) {
      mails.push_back(mail);
    }
    if (gate) {
      ++held;
      const auto closed = gate;
      co_await closed->async_wait(asio::as_tuple(kUse));
      --held;
    }
    co_await reply(peer, ".", "250 taken");
    co_return taken || !answers.at(".").empty();
  }

  Task<bool> step(Peer& peer, ReceivedMail& mail) {
    const std::string line = co_await peer.line();
    const std::string verb = upper_verb(line);
    if (verb == "EHLO" || verb == "HELO") {
      co_await reply(peer, "EHLO", greeting(peer));
    } else if (verb == "STARTTLS") {
      co_await reply(peer, verb, "220 go");
      co_await peer.start_tls(tls);
    } else if (verb == "AUTH") {
      std::string credentials = line.substr(line.rfind(' ') + 1);
      if (credentials == "PLAIN") {
        co_await peer.write("334 \r\n");
        credentials = co_await peer.line();
      }
      mail.user = crypto::from_base64(credentials).value_or("?").substr(1);
      std::ranges::replace(mail.user, '\0', ':');
      co_await reply(peer, verb, "235 welcome");
    } else if (verb == "MAIL" || verb == "RCPT") {
      (verb == "MAIL" ? mail.from : mail.to) = between_brackets(line);
      co_await reply(peer, verb, "250 fine");
    } else if (verb == "DATA") {
      const bool stay = co_await data(peer, mail);
      co_return stay;
    } else if (verb == "QUIT") {
      co_await reply(peer, verb, "221 bye");
      co_return false;
    } else {
      co_await reply(peer, verb, "500 what?");
    }
    co_return true;
  }

  static Task<void> serve(std::shared_ptr<Impl> self, Socket socket) {
    Peer peer(std::move(socket));
    ReceivedMail mail;
    try {
      if (self->security == Security::tls) {
        co_await peer.start_tls(self->tls);
      }
      co_await peer.write("220 receiver.test\r\n");
      bool more = true;
      while (more) {
        more = co_await self->step(peer, mail);
      }
    } catch (const boost::system::system_error&) {
      // The client left.
    }
  }

  static Task<void> accept(std::shared_ptr<Impl> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor.async_accept(asio::as_tuple(kUse));
      if (error) {
        co_return;
      }
      Socket typed = std::move(socket);
      asio::co_spawn(self->io.get_executor(), serve(self, std::move(typed)), asio::detached);
    }
  }

  asio::io_context& io;
  Security security;
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor;
  asio::ssl::context tls;
  std::string ca_file;
  std::vector<ReceivedMail> mails;
  std::map<std::string, std::string> answers;
  std::shared_ptr<Timer> gate;  // none: open
  std::size_t held = 0;
};

SmtpReceiver::SmtpReceiver(asio::io_context& io, Security security) : impl_(std::make_shared<Impl>(io, security)) {
  asio::co_spawn(io.get_executor(), Impl::accept(impl_), asio::detached);
}

SmtpReceiver::~SmtpReceiver() {
  let_go();
  impl_->acceptor.close();
}

void SmtpReceiver::hold() { impl_->gate = std::make_shared<Timer>(impl_->io, Timer::time_point::max()); }
void SmtpReceiver::let_go() {
  if (const auto gate = std::exchange(impl_->gate, nullptr)) {
    gate->cancel();
  }
}
std::size_t SmtpReceiver::held() const { return impl_->held; }

int SmtpReceiver::port() const { return impl_->acceptor.local_endpoint().port(); }
const std::string& SmtpReceiver::ca_file() const { return impl_->ca_file; }
const std::vector<ReceivedMail>& SmtpReceiver::mails() const { return impl_->mails; }
void SmtpReceiver::answer(const std::string& verb, const std::string& reply) { impl_->answers[verb] = reply; }
void SmtpReceiver::behave() { impl_->answers.clear(); }

}  // namespace gatehouse::test
