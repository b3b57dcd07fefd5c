#include "platform/egress/egress.h"

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include "platform/base/name_lookup.h"
#include "platform/base/timer.h"
#include "support/run_task.h"
#include "support/smtp_receiver.h"

namespace gatehouse::egress {
namespace {

using namespace std::chrono_literals;
using test::SmtpReceiver;
constexpr asio::use_awaitable_t<Executor> kUse;
constexpr const char* kPassword = "marker-password";

// Answers each connection's request with the next of `responses` (the last one again and again) and keeps the requests.
class HttpResponder {
 public:
  explicit HttpResponder(asio::io_context& io, std::vector<std::string> responses)
      : io_(io),
        acceptor_(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        responses_(std::move(responses)) {
    asio::co_spawn(io.get_executor(), accept(), asio::detached);
  }
  ~HttpResponder() {
    acceptor_.close();
    io_.restart();
    io_.poll();
  }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  std::vector<std::string> requests;

 private:
  Task<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(kUse));
      if (error) {
        co_return;
      }
      std::string request;
      co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", kUse);
      requests.push_back(request);
      const std::string response = responses_[std::min(requests.size(), responses_.size()) - 1];
      co_await asio::async_write(socket, asio::buffer(response), asio::as_tuple(kUse));
    }
  }
  asio::io_context& io_;
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_;
  std::vector<std::string> responses_;
};

std::string response(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

Options loopback_allowed() { return {.allow = {"127.0.0.0/8"}}; }

Mail mail_to(const SmtpReceiver& receiver, SmtpSecurity security) {
  return {.host = "127.0.0.1",
          .port = receiver.port(),
          .security = security,
          .username = "mailer",
          .password = kPassword,
          .envelope_from = "from@example.com",
          .envelope_to = "to@example.com",
          .message = "Subject: marker-message\r\n\r\nHello\r\n.dot\r\n"};
}

Task<Addresses> look_up_late() {
  Timer never(co_await asio::this_coro::executor, 1h);
  co_await never.async_wait(kUse);
  co_return Addresses{};
}

class Egress : public testing::Test {
 protected:
  Error http_error(Client& client, HttpRequest request) {
    try {
      test::run_task(io, client.http(ctx, std::move(request)));
    } catch (const Error& error) {
      return error;
    }
    throw std::logic_error("the request succeeded");
  }
  Error mail_error(Client& client, Mail mail) {
    try {
      test::run_task(io, client.send(ctx, std::move(mail)));
    } catch (const Error& error) {
      EXPECT_EQ(error.message().find("marker-"), std::string::npos) << error.message();
      return error;
    }
    throw std::logic_error("the mail was sent");
  }

  asio::io_context io{1};
  Context ctx;
};

}  // namespace

TEST_F(Egress, a_request_brings_back_status_body_and_content_type) {
  HttpResponder server(io, {response("201 Created", "Content-Type: text/x-test\r\n", "hello")});
  Client client(io, loopback_allowed());
  const auto answer = test::run_task(
      io, client.http(ctx, {.method = "POST", .url = server.url("/path?q"), .headers = {"X-Test: 1"}, .body = "data"}));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.content_type, "text/x-test");
  EXPECT_THAT(server.requests.at(0), testing::StartsWith("POST /path?q HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests.at(0), testing::HasSubstr("X-Test: 1\r\n"));
}

TEST_F(Egress, lesson_24_an_address_that_is_not_listed_is_forbidden_before_anything_is_sent) {
  HttpResponder server(io, {response("200 OK", "", "secret")});
  Client client(io, {});
  for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"}) {
    EXPECT_EQ(http_error(client, {.url = server.url("/", host)}).reason(), "EgressForbidden") << host;
  }
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(Egress, other_schemes_and_credentials_in_urls_are_forbidden) {
  Client client(io, loopback_allowed());
  for (const char* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "http://user:pw@127.0.0.1/",
                          "127.0.0.1", "http://"}) {
    EXPECT_EQ(http_error(client, {.url = url}).reason(), "EgressForbidden") << url;
  }
}

TEST_F(Egress, lesson_24_a_name_that_changes_its_address_is_resolved_once_and_pinned) {
  HttpResponder server(io, {response("200 OK", "", "inside")});
  int asked = 0;
  Options options;  // loopback is not allowed
  options.resolver = [&asked](std::string) -> Task<std::vector<asio::ip::address>> {
    ++asked;
    // First a public address (of a black hole), then the one inside.
    std::vector<asio::ip::address> addresses{asio::ip::make_address(asked == 1 ? "192.0.2.1" : "127.0.0.1")};
    co_return addresses;
  };
  options.allow = {"192.0.2.1"};
  Client client(io, options);
  const Error first = http_error(client, {.url = server.url("/", "rebind.test"), .at_most = 1s});
  EXPECT_EQ(first.reason(), "EgressUnavailable");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(http_error(client, {.url = server.url("/", "rebind.test")}).reason(), "EgressForbidden");
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(Egress, a_name_leads_to_the_address_that_was_checked) {
  HttpResponder server(io, {response("200 OK", "", "here")});
  Options options = loopback_allowed();
  options.resolver = [](std::string host) -> Task<std::vector<asio::ip::address>> {
    EXPECT_EQ(host, "hooks.example.com");
    std::vector<asio::ip::address> addresses{asio::ip::make_address("10.0.0.1"), asio::ip::make_address("127.0.0.1")};
    co_return addresses;
  };
  Client client(io, options);
  EXPECT_EQ(test::run_task(io, client.http(ctx, {.url = server.url("/", "hooks.example.com")})).body, "here");
  EXPECT_THAT(server.requests.at(0), testing::HasSubstr("Host: hooks.example.com"));
}

TEST_F(Egress, a_redirect_is_followed_only_as_often_as_asked) {
  HttpResponder server(io, {response("302 Found", "Location: /next\r\n", "")});
  Client client(io, loopback_allowed());
  EXPECT_EQ(test::run_task(io, client.http(ctx, {.url = server.url("/")})).status, 302);
  EXPECT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(test::run_task(io, client.http(ctx, {.url = server.url("/"), .redirects = 2})).status, 302);
  EXPECT_EQ(server.requests.size(), 4U);
  EXPECT_THAT(server.requests.back(), testing::StartsWith("GET /next "));
}

TEST_F(Egress, lesson_24_the_target_of_a_redirect_is_checked_again) {
  HttpResponder server(io, {response("302 Found", "Location: http://169.254.169.254/latest\r\n", "")});
  Client client(io, loopback_allowed());
  EXPECT_EQ(http_error(client, {.url = server.url("/"), .redirects = 3}).reason(), "EgressForbidden");
}

TEST_F(Egress, credentials_do_not_follow_to_another_origin) {
  HttpResponder other(io, {response("200 OK", "", "")});
  HttpResponder server(io, {response("307 Temporary Redirect", "Location: " + other.url("/") + "\r\n", "")});
  Client client(io, loopback_allowed());
  test::run_task(
      io,
      client.http(ctx, {.url = server.url("/"), .headers = {"Authorization: Bearer t", "X-Kept: 1"}, .redirects = 1}));
  EXPECT_THAT(server.requests.at(0), testing::HasSubstr("Authorization: Bearer t"));
  EXPECT_THAT(other.requests.at(0), testing::Not(testing::HasSubstr("Authorization")));
  EXPECT_THAT(other.requests.at(0), testing::HasSubstr("X-Kept: 1"));
}

TEST_F(Egress, an_answer_that_is_too_large_is_an_error) {
  HttpResponder server(io, {response("200 OK", "", std::string(2000, 'x'))});
  Client client(io, loopback_allowed());
  const Error error = http_error(client, {.url = server.url("/"), .response_bytes = 1000});
  EXPECT_EQ(error.reason(), "EgressUnavailable");
  EXPECT_THAT(error.message(), testing::HasSubstr("larger than allowed"));
}

TEST_F(Egress, a_server_that_never_answers_is_given_up_in_time) {
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> silent(
      io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Client client(io, loopback_allowed());
  const Micros began = boot_time();
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
  EXPECT_EQ(http_error(client, {.url = url, .at_most = 1s}).reason(), "EgressUnavailable");
  EXPECT_LT(boot_time() - began, 3s);
}

TEST_F(Egress, a_slow_resolver_is_given_up_in_time) {
  Options options;
  options.resolver = [](std::string) -> Task<std::vector<asio::ip::address>> {
    Addresses late = co_await look_up_late();
    co_return late;
  };
  Client client(io, options);
  EXPECT_THAT(http_error(client, {.url = "http://slow.example.com/", .at_most = 1s}).message(),
              testing::HasSubstr("not resolved in time"));
}

TEST_F(Egress, what_is_on_its_way_is_broken_off_when_it_is_stopped) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::starttls);
  receiver.hold();
  bool asked = false;
  Client client(io, {.allow = {"127.0.0.0/8"},
                     .extra_ca_file = receiver.ca_file(),
                     .resolver = [&asked](std::string) -> Task<std::vector<asio::ip::address>> {
                       asked = true;
                       Addresses late = co_await look_up_late();
                       co_return late;
                     }});
  std::vector<std::string> ended;
  Context other;
  const auto note = [&ended](const std::exception_ptr& failed) {
    try {
      std::rethrow_exception(failed);
    } catch (const Error& error) {
      ended.push_back(error.message());
    }
  };
  Mail by_name = mail_to(receiver, SmtpSecurity::starttls);
  by_name.host = "silent.example.com";
  asio::co_spawn(io, client.send(ctx, std::move(by_name)), note);
  asio::co_spawn(io, client.send(other, mail_to(receiver, SmtpSecurity::starttls)), note);
  io.restart();
  while ((!asked || receiver.held() == 0) && io.run_one_for(20s) > 0) {
  }
  const Micros began = boot_time();
  client.stop();
  while (ended.size() < 2 && io.run_one_for(20s) > 0) {
  }
  EXPECT_LT(boot_time() - began, 5s);
  EXPECT_THAT(ended, testing::UnorderedElementsAre("the process is ending", testing::HasSubstr("SMTP server")));
  EXPECT_EQ(mail_error(client, mail_to(receiver, SmtpSecurity::starttls)).kind(), ErrorKind::service_unavailable);
}

TEST_F(Egress, mail_goes_out_over_starttls_with_signing_in) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::starttls);
  Client client(io, {.allow = {"127.0.0.0/8"}, .extra_ca_file = receiver.ca_file()});
  const Mail mail = mail_to(receiver, SmtpSecurity::starttls);
  test::run_task(io, client.send(ctx, mail));
  ASSERT_EQ(receiver.mails().size(), 1U);
  const auto& got = receiver.mails().at(0);
  EXPECT_TRUE(got.tls);
  EXPECT_EQ(got.user, std::string("mailer:") + kPassword);
  EXPECT_EQ(got.from, "from@example.com");
  EXPECT_EQ(got.to, "to@example.com");
  EXPECT_EQ(got.data, mail.message);
}

TEST_F(Egress, mail_goes_out_over_smtps) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::tls);
  Client client(io, {.allow = {"127.0.0.0/8"}, .extra_ca_file = receiver.ca_file()});
  test::run_task(io, client.send(ctx, mail_to(receiver, SmtpSecurity::tls)));
  EXPECT_TRUE(receiver.mails().at(0).tls);
}

TEST_F(Egress, without_starttls_no_mail_and_no_password_leave) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::none);
  Client client(io, loopback_allowed());
  const Error error = mail_error(client, mail_to(receiver, SmtpSecurity::starttls));
  EXPECT_EQ(error.reason(), "EgressUnavailable");
  EXPECT_FALSE(error.info().at("permanent").as_bool());
  EXPECT_TRUE(receiver.mails().empty());
}

TEST_F(Egress, a_certificate_that_nobody_vouches_for_is_refused) {
  for (const auto security : {SmtpReceiver::Security::starttls, SmtpReceiver::Security::tls}) {
    SmtpReceiver receiver(io, security);
    Client client(io, loopback_allowed());
    const bool tls = security == SmtpReceiver::Security::tls;
    const Error error = mail_error(client, mail_to(receiver, tls ? SmtpSecurity::tls : SmtpSecurity::starttls));
    EXPECT_FALSE(error.info().at("permanent").as_bool());
    EXPECT_TRUE(receiver.mails().empty());
  }
}

TEST_F(Egress, lesson_25_a_certificate_for_another_host_is_refused) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::tls);
  Options options{.allow = {"127.0.0.0/8"}, .extra_ca_file = receiver.ca_file()};
  options.resolver = [](std::string) -> Task<std::vector<asio::ip::address>> {
    std::vector<asio::ip::address> addresses{asio::ip::make_address("127.0.0.1")};
    co_return addresses;
  };
  Client client(io, options);
  Mail mail = mail_to(receiver, SmtpSecurity::tls);
  mail.host = "smtp.example.com";
  mail_error(client, mail);
  EXPECT_TRUE(receiver.mails().empty());
}

TEST_F(Egress, tells_what_the_server_refuses_for_good_from_what_may_work_later) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::none);
  Client client(io, loopback_allowed());
  struct Case {
    const char* verb;
    const char* reply;
    bool permanent;
  };
  for (const auto& [verb, reply, permanent] :
       {Case{"RCPT", "550 no such person", true}, Case{"RCPT", "450 busy", false}, Case{"MAIL", "553 not you", true},
        Case{"MAIL", "451 later", false}, Case{"DATA", "554 no", true}, Case{".", "554 spam", true},
        Case{".", "452 full", false}, Case{"AUTH", "535 wrong", false}, Case{"EHLO", "554 go away", false},
        Case{"MAIL", "530 sign in first", false}, Case{".", "", false}}) {
    receiver.behave();
    receiver.answer(verb, reply);
    const Error error = mail_error(client, mail_to(receiver, SmtpSecurity::starttls_if_offered));
    EXPECT_EQ(error.info().at("permanent").as_bool(), permanent) << verb << " " << reply << ": " << error.message();
  }
  EXPECT_TRUE(receiver.mails().empty());
}

TEST_F(Egress, a_receiver_that_is_down_is_a_temporary_failure) {
  int port = 0;
  {
    SmtpReceiver gone(io, SmtpReceiver::Security::none);
    port = gone.port();
  }
  Client client(io, loopback_allowed());
  const Error error =
      mail_error(client, {.host = "127.0.0.1", .port = port, .security = SmtpSecurity::starttls_if_offered});
  EXPECT_EQ(error.kind(), ErrorKind::service_unavailable);
  EXPECT_FALSE(error.info().at("permanent").as_bool());
}

TEST_F(Egress, the_time_of_a_mail_goes_on_while_it_waits_for_its_turn) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::starttls);
  receiver.hold();
  Client client(io, {.allow = {"127.0.0.0/8"}, .extra_ca_file = receiver.ca_file()});
  std::vector<std::unique_ptr<Context>> contexts;
  std::size_t sent = 0;
  for (std::size_t i = 0; i < kMailsAtOnce; ++i) {
    contexts.push_back(std::make_unique<Context>());
    asio::co_spawn(io, client.send(*contexts.back(), mail_to(receiver, SmtpSecurity::starttls)),
                   [&sent](const std::exception_ptr& failed) { sent += failed ? 0 : 1; });
  }
  const auto run_until = [this](const auto& is_so) {
    io.restart();
    while (!is_so() && io.run_one_for(20s) > 0) {
    }
    ASSERT_TRUE(is_so());
  };
  run_until([&] { return receiver.held() == kMailsAtOnce; });
  Mail late = mail_to(receiver, SmtpSecurity::starttls);
  late.envelope_to = "late@example.com";
  ctx.deadline = boot_time() + 300ms;
  std::string why;
  asio::co_spawn(io, client.send(ctx, std::move(late)), [&why](const std::exception_ptr& failed) {
    try {
      std::rethrow_exception(failed);
    } catch (const Error& error) {
      why = error.message();
    }
  });
  io.restart();
  io.run_for(ctx.deadline - boot_time());  // that the time passes is what is tested
  receiver.let_go();
  run_until([&] { return sent == kMailsAtOnce && !why.empty(); });
  EXPECT_THAT(why, testing::HasSubstr("before the turn of this mail came"));
  EXPECT_EQ(receiver.mails().size(), kMailsAtOnce);
}

TEST_F(Egress, envelope_addresses_cannot_smuggle_commands) {
  SmtpReceiver receiver(io, SmtpReceiver::Security::none);
  Client client(io, loopback_allowed());
  for (const char* address : {"a@example.com>\r\nRCPT TO:<b@example.com", "a@example.com\r\nDATA", "a b@example.com"}) {
    Mail mail = mail_to(receiver, SmtpSecurity::starttls_if_offered);
    mail.envelope_to = address;
    EXPECT_EQ(mail_error(client, mail).reason(), "EgressForbidden");
  }
  EXPECT_TRUE(receiver.mails().empty());
}

}  // namespace gatehouse::egress
