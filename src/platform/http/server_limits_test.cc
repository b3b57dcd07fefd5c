#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include "platform/base/one_shot.h"
#include "platform/http/server.h"
#include "platform/telemetry/metrics.h"
#include "support/http_server.h"

namespace gatehouse::http {
namespace {

using test::ask;
using test::HttpServer;
using test::RawClient;
using test::RawResponse;

Task<Response> hello(Context&, const Request&) { co_return Response::text(Status::ok, "hello"); }

const std::string kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

ServerOptions impatient() {
  ServerOptions options;
  options.limits.header_time = Seconds{1};
  options.limits.body_time = Seconds{1};
  options.limits.write_time = Seconds{1};
  options.limits.idle_time = Seconds{1};
  options.limits.handler_time = Seconds{0};
  return options;
}

TEST(HttpLimits, a_head_that_does_not_come_in_time_is_answered_408) {
  HttpServer server(hello, impatient());
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
  const RawResponse response = client.receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpLimits, a_head_that_trickles_does_not_gain_time) {
  HttpServer server(hello, impatient());
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
  int trickled = 0;
  while (!client.has_input_within(std::chrono::milliseconds{20})) {
    client.send("y");
    ASSERT_LT(++trickled, 1'000);
  }
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_GT(trickled, 10);
}

TEST(HttpLimits, a_body_that_does_not_come_in_time_is_answered_408) {
  HttpServer server(hello, impatient());
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpLimits, idle_connections_are_closed_without_a_word) {
  HttpServer server(hello, impatient());
  RawClient silent(server.port());
  RawClient used(server.port());
  used.send(kGet);
  EXPECT_EQ(used.receive().status, 200);
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(used.is_closed());
}

TEST(HttpLimits, a_client_that_does_not_read_its_answer_is_dropped) {
  const auto large = std::make_shared<const std::string>(64 * 1024 * 1024, 'x');
  HttpServer server(
      [large](Context&, const Request&) -> Task<Response> {
        Response response;
        response.shared_body = large;
        co_return response;
      },
      impatient());
  RawClient client(server.port());
  client.send(kGet);
  ASSERT_TRUE(client.has_input_within(Seconds{5}));
  while (server.connections() > 0) {
    std::this_thread::yield();
  }
  EXPECT_LT(client.rest().size(), large->size());
}

// A handler that waits until the test lets it go.
struct Gate {
  OneShot<void> opened;
  std::promise<Executor> entered;

  Task<Response> pass() {
    entered.set_value(co_await asio::this_coro::executor);
    co_await opened.wait();
    co_return Response::text(Status::ok, "finished");
  }
  // From the test's thread, once a request has come.
  void open() {
    asio::post(entered.get_future().get(), [this] { opened.set(); });
  }
};

Handler behind(const std::shared_ptr<Gate>& gate) {
  return [gate](Context&, const Request&) -> Task<Response> { return gate->pass(); };
}

TEST(HttpLimits, a_handler_that_forgets_its_deadline_is_answered_for_with_503) {
  const auto gate = std::make_shared<Gate>();
  HttpServer server(behind(gate), impatient());
  RawClient client(server.port());
  client.send(kGet);
  const RawResponse response = client.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("Retry-After"), "1");
  gate->open();
  EXPECT_TRUE(client.is_closed()) << "the late answer is dropped";
  while (server.connections() > 0) {
    std::this_thread::yield();
  }
}

TEST(HttpLimits, a_request_that_was_given_up_is_counted_as_answered_503) {
  telemetry::Metrics metrics;
  ServerOptions options = impatient();
  options.metrics = &metrics;
  {
    const auto gate = std::make_shared<Gate>();
    HttpServer server(behind(gate), options);
    RawClient client(server.port());
    client.send(kGet);
    EXPECT_EQ(client.receive().status, 503);
    gate->open();
  }
  EXPECT_THAT(metrics.expose(), testing::HasSubstr("gatehouse_http_requests_total{status=\"5xx\"} 1"));
}

// A handler that works until it hears that its client has left.
class Waiting {
 public:
  Handler handler() {
    return [this](Context& ctx, const Request&) -> Task<Response> {
      const auto executor = co_await asio::this_coro::executor;
      tell(begun_);
      while (!ctx.client_left->load()) {
        co_await asio::post(executor, asio::use_awaitable_t<Executor>{});
      }
      tell(heard_);
      co_return Response::text(Status::ok, "heard");
    };
  }
  void begun() { EXPECT_TRUE(comes(begun_)); }
  bool hears() { return comes(heard_); }

 private:
  struct Once {
    std::promise<void> promise;
    std::atomic<bool> told{false};
  };
  static void tell(Once& once) {
    if (!once.told.exchange(true)) {
      once.promise.set_value();
    }
  }
  static bool comes(Once& once) { return once.promise.get_future().wait_for(Seconds{5}) == std::future_status::ready; }
  Once begun_;
  Once heard_;
};

TEST(HttpLimits, a_handler_hears_that_its_client_has_left) {
  Waiting waiting;
  HttpServer server(waiting.handler());
  {
    RawClient client(server.port());
    client.send(kGet);
  }
  EXPECT_TRUE(waiting.hears());
}

TEST(HttpLimits, a_handler_hears_that_its_client_was_reset) {
  Waiting waiting;
  HttpServer server(waiting.handler());
  {
    RawClient client(server.port());
    client.send(kGet);
    waiting.begun();
    client.reset();
  }
  EXPECT_TRUE(waiting.hears());
}

TEST(HttpLimits, a_handler_hears_that_its_client_has_left_behind_a_request_that_was_sent_ahead) {
  Waiting waiting;
  HttpServer server(waiting.handler());
  {
    RawClient client(server.port());
    client.send(kGet + kGet);
    waiting.begun();
  }
  EXPECT_TRUE(waiting.hears());
}

// nginx and Go's server count a half-closed connection as gone, too.
TEST(HttpLimits, a_client_that_closes_its_side_counts_as_gone_and_gets_its_answer) {
  Waiting waiting;
  HttpServer server(waiting.handler());
  RawClient client(server.port());
  client.send(kGet);
  waiting.begun();
  client.half_close();
  EXPECT_TRUE(waiting.hears());
  EXPECT_EQ(client.receive().status, 200);
}

TEST(HttpLimits, each_request_of_a_connection_has_its_own_sign_that_the_client_left) {
  std::vector<std::shared_ptr<const std::atomic<bool>>> signs;
  HttpServer server([&signs](Context& ctx, const Request&) -> Task<Response> {
    signs.push_back(ctx.client_left);
    co_return Response::text(Status::ok, "hello");
  });
  RawClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.send(kGet);
    EXPECT_EQ(client.receive().status, 200);
  }
  ASSERT_EQ(signs.size(), 2U);
  EXPECT_NE(signs[0], signs[1]);
}

TEST(HttpLimits, large_bodies_share_a_limit_that_small_ones_do_not_count_for) {
  ServerOptions options;
  options.limits.body_bytes = 100'000;
  options.limits.large_bodies_per_core = 150'000;
  Waiting waiting;
  const Handler wait = waiting.handler();
  HttpServer server(
      [&wait](Context& ctx, Request& request) {
        return request.path == "/wait" ? wait(ctx, request) : hello(ctx, request);
      },
      options);
  const auto post = [](std::string_view path, std::size_t size) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n" + std::string(size, 'x');
  };
  RawClient first(server.port());
  first.send(post("/wait", 100'000));
  waiting.begun();
  const RawResponse refused = ask(server.port(), post("/", 100'000));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(ask(server.port(), post("/", 50'000)).status, 200);
  EXPECT_EQ(ask(server.port(), post("/", 16'000)).status, 200);
  first.half_close();
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_EQ(ask(server.port(), post("/", 100'000)).status, 200);
}

TEST(HttpLimits, a_connection_that_has_rested_answers_again_and_drains) {
  ServerOptions options;
  options.limits.rest_after = Seconds{0};
  HttpServer server(hello, options);
  RawClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(client.has_input_within(std::chrono::milliseconds{1'100})) << "two sweeps long";
    client.send(kGet);
    EXPECT_EQ(client.receive().status, 200);
  }
  EXPECT_FALSE(client.has_input_within(std::chrono::milliseconds{1'100}));
  server.begin_drain(Seconds{5});
  EXPECT_TRUE(client.is_closed());
  server.wait_drained();
}

TEST(HttpLimits, a_head_that_is_too_large_is_refused_while_it_is_still_coming) {
  HttpServer server(hello);
  EXPECT_EQ(ask(server.port(), "GET /" + std::string(20'000, 'a')).status, 414);
  EXPECT_EQ(ask(server.port(), "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'a')).status, 431);
  EXPECT_EQ(ask(server.port(), "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(15'000, 'a') + "\r\n\r\n").status, 200);
}

TEST(HttpLimits, a_body_that_is_too_large_is_refused_and_the_answer_arrives) {
  HttpServer server(hello);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
  client.send(std::string(200'000, 'x'));
  EXPECT_EQ(client.receive().status, 413);
  RawClient chunked(server.port());
  chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 1100; ++i) {
    chunked.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
  }
  EXPECT_EQ(chunked.receive().status, 413);
}

TEST(HttpLimits, what_is_refused_unread_can_be_given_another_body) {
  ServerOptions options;
  options.limits.body_bytes = 10;
  options.dress_refusal = [](const Context&, const Request& request, Response& response) {
    if (request.path == "/throws") {
      throw std::runtime_error("no page");
    }
    response.body = "dressed";
  };
  HttpServer server(hello, options);
  const auto said = [&](const std::string& text) {
    RawClient client(server.port());
    client.send(text);
    const RawResponse response = client.receive();
    EXPECT_TRUE(client.is_closed());
    return std::to_string(response.status) + " " + response.body.substr(0, 7);
  };
  EXPECT_EQ(said("GET /?x=%zz HTTP/1.1\r\nHost: h\r\n\r\n"), "400 dressed");
  EXPECT_EQ(said("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello hello"), "413 dressed");
  EXPECT_EQ(said("POST /throws HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello hello\r\n0\r\n\r\n")
                .substr(0, 4),
            "500 ");
}

TEST(HttpLimits, an_endless_chunk_line_is_refused) {
  HttpServer server(hello);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;" + std::string(40'000, 'x'));
  EXPECT_EQ(client.receive().status, 400);
}

TEST(HttpLimits, idle_connections_make_room_for_new_ones) {
  ServerOptions options;
  options.limits.connections_per_core = 10;
  HttpServer server(hello, options);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<RawClient>(server.port()));
    idle.back()->send(kGet);
    idle.back()->receive();
  }
  EXPECT_EQ(ask(server.port(), kGet).status, 200);
}

TEST(HttpDrain, idle_connections_end_and_new_ones_are_refused) {
  HttpServer server(hello);
  RawClient idle(server.port());
  idle.send(kGet);
  idle.receive();
  server.begin_drain(Seconds{5});
  EXPECT_TRUE(idle.is_closed());
  server.wait_drained();
  EXPECT_THROW(RawClient{server.port()}, std::runtime_error);
}

TEST(HttpDrain, what_is_in_flight_is_answered_and_closed) {
  const auto gate = std::make_shared<Gate>();
  HttpServer server(behind(gate));
  RawClient client(server.port());
  client.send(kGet);
  const auto entered = gate->entered.get_future().get();
  server.begin_drain(Seconds{5});
  asio::post(entered, [gate] { gate->opened.set(); });
  const RawResponse response = client.receive();
  EXPECT_EQ(response.body, "finished");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  server.wait_drained();
}

TEST(HttpDrain, a_request_whose_head_is_half_here_is_still_answered) {
  HttpServer server(hello);
  RawClient client(server.port());
  client.send(kGet + "GET / HTTP/1.1\r\n");
  client.receive();
  server.begin_drain(Seconds{5});
  client.send("Host: h\r\n\r\n");
  EXPECT_EQ(client.receive().header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  server.wait_drained();
}

TEST(HttpDrain, what_waits_in_the_listeners_queue_is_answered_or_closed_soon) {
  std::promise<void> busy;
  std::promise<void> released;
  HttpServer server([&](Context&, const Request& request) -> Task<Response> {
    if (request.path == "/busy") {
      busy.set_value();
      released.get_future().wait();  // holds the core's thread
    }
    co_return Response::text(Status::ok, "hello");
  });
  RawClient first(server.port());
  first.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
  busy.get_future().wait();
  RawClient asks(server.port());
  asks.send(kGet);
  RawClient silent(server.port());
  const auto draining = std::async(std::launch::async, [&server] { server.begin_drain(Seconds{8}); });
  released.set_value();
  draining.wait();
  EXPECT_EQ(asks.receive().status, 200);
  const Micros since = boot_time();
  EXPECT_TRUE(silent.is_closed());
  EXPECT_LT(boot_time() - since, Seconds{5});
  server.wait_drained();
}

TEST(HttpDrain, does_not_wait_longer_than_it_may) {
  const auto gate = std::make_shared<Gate>();
  HttpServer server(behind(gate));
  RawClient client(server.port());
  client.send(kGet);
  const auto entered = gate->entered.get_future().get();
  server.begin_drain(Seconds{0});
  server.wait_drained();
  EXPECT_TRUE(client.is_closed());
  asio::post(entered, [gate] { gate->opened.set(); });
  while (server.connections() > 0) {
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace gatehouse::http
