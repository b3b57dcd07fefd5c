#include "platform/http/server.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "platform/base/error.h"
#include "platform/http/error_response.h"
#include "platform/telemetry/log.h"
#include "platform/telemetry/metrics.h"
#include "support/http_server.h"

namespace gatehouse::http {
namespace {

using test::ask;
using test::HttpServer;
using test::RawClient;
using test::RawResponse;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

Task<Response> echo(Context&, const Request& request) {
  co_return Response::text(Status::ok,
                           std::string{to_string(request.method)} + " " + request.path + " " + request.body);
}

std::string get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: example.com\r\n" + std::string{more} + "\r\n";
}

TEST(HttpServer, a_request_is_answered_and_the_connection_stays_open) {
  HttpServer server(echo);
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/one"));
    const RawResponse response = client.receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "GET /one ");
    EXPECT_FALSE(response.has_header("Connection"));
  }
}

TEST(HttpServer, pipelined_requests_are_answered_in_their_order) {
  HttpServer server(echo);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += get("/" + std::to_string(i));
  }
  client.send(requests);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.receive().body, "GET /" + std::to_string(i) + " ");
  }
}

TEST(HttpServer, a_body_comes_whole_whether_counted_or_chunked_and_in_pieces_of_any_size) {
  HttpServer server(echo);
  const std::string counted = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world";
  const std::string chunked =
      "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nHost: evil\r\n\r\n";
  for (const std::string& request : {counted, chunked}) {
    for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
      RawClient client(server.port());
      for (std::size_t at = 0; at < request.size(); at += piece) {
        client.send(std::string_view{request}.substr(at, piece));
      }
      EXPECT_EQ(client.receive().body, "POST /p hello world");
      client.send(get("/next"));
      EXPECT_EQ(client.receive().body, "GET /next ");
    }
  }
}

TEST(HttpServer, a_megabyte_goes_in_and_comes_out) {
  HttpServer server(echo);
  RawClient client(server.port());
  const std::string body(1024 * 1024, 'x');
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + body);
  EXPECT_EQ(client.receive().body, "POST / " + body);
}

TEST(HttpServer, head_is_answered_with_the_length_but_without_the_body) {
  HttpServer server(
      [](Context&, const Request&) -> Task<Response> { co_return Response::text(Status::ok, "twelve bytes"); });
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + get("/"));
  EXPECT_EQ(client.receive(true).header("Content-Length"), "12");
  EXPECT_EQ(client.receive().body, "twelve bytes");
}

TEST(HttpServer, responses_without_a_body_have_no_length) {
  HttpServer server([](Context&, const Request& request) -> Task<Response> {
    co_return Response::empty(request.path == "/304" ? Status::not_modified : Status::no_content);
  });
  EXPECT_FALSE(ask(server.port(), get("/204")).has_header("Content-Length"));
  EXPECT_FALSE(ask(server.port(), get("/304")).has_header("Content-Length"));
}

TEST(HttpServer, http_1_0_closes_unless_it_asks_to_stay) {
  HttpServer server(echo);
  RawClient closing(server.port());
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.receive().header("Connection"), "close");
  EXPECT_TRUE(closing.is_closed());
  RawClient staying(server.port());
  for (int i = 0; i < 2; ++i) {
    staying.send("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(staying.receive().header("Connection"), "keep-alive");
  }
}

TEST(HttpServer, closes_where_the_client_asks_for_it) {
  HttpServer server(echo);
  RawClient client(server.port());
  client.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(client.receive().header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpServer, says_continue_where_it_is_expected_and_wanted) {
  HttpServer server(echo);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("hello");
  EXPECT_EQ(client.receive().body, "POST / hello");
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST(HttpServer, every_response_has_the_security_headers_a_date_and_a_request_id) {
  HttpServer server(echo);
  for (const std::string& request : {get("/"), std::string{"nonsense\r\n\r\n"}}) {
    const RawResponse response = ask(server.port(), request);
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response.header("Referrer-Policy"), "same-origin");
    EXPECT_THAT(response.header("Permissions-Policy"), testing::HasSubstr("camera=()"));
    EXPECT_EQ(response.header("X-Robots-Tag"), "noindex, nofollow");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");
    EXPECT_THAT(response.header("X-Request-Id"), MatchesRegex("[0-9a-f]{16}-[0-9a-f]+"));
    EXPECT_THAT(response.header("Date"), MatchesRegex("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} .* GMT"));
  }
}

TEST(HttpServer, a_handler_may_set_a_default_header_itself) {
  HttpServer server([](Context&, const Request&) -> Task<Response> {
    co_return Response::text(Status::ok, "").set("cache-control", "public, max-age=5");
  });
  const RawResponse response = ask(server.port(), get("/"));
  EXPECT_EQ(response.header("Cache-Control"), "public, max-age=5");
  EXPECT_THAT(response.head, Not(HasSubstr("no-store")));
}

TEST(HttpServer, what_a_handler_throws_becomes_the_contracts_error) {
  HttpServer server([](Context&, const Request& request) -> Task<Response> {
    if (request.path == "/busy") {
      throw unavailable("too much to do", 7);
    }
    if (request.path == "/invalid") {
      throw Error(ErrorKind::invalid, "ValidationFailed", "wrong", {{"causes", boost::json::array{}}});
    }
    throw std::runtime_error("postgres is on fire");
  });
  const RawResponse busy = ask(server.port(), get("/busy"));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.header("Retry-After"), "7");
  const RawResponse invalid = ask(server.port(), get("/invalid"));
  EXPECT_EQ(invalid.status, 400);
  EXPECT_EQ(invalid.header("Content-Type"), "application/json");
  EXPECT_EQ(boost::json::parse(invalid.body),
            boost::json::parse(R"({"error":{"name":"Invalid","reason":"ValidationFailed",
      "message":"wrong","code":400,"info":{"causes":[]}}})"));
  testing::internal::CaptureStderr();
  const RawResponse unexpected = ask(server.port(), get("/"));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(boost::json::parse(unexpected.body), boost::json::parse(R"({"error":{"name":"InternalError",
      "reason":"UnexpectedError","message":"unexpected error occurred","code":500}})"));
  EXPECT_EQ(boost::json::parse(log).at("request_id").as_string(), unexpected.header("X-Request-Id"));
  EXPECT_THAT(log, HasSubstr("postgres is on fire"));
}

TEST(HttpServer, a_header_that_would_split_the_response_becomes_500) {
  HttpServer server([](Context&, const Request& request) -> Task<Response> {
    co_return Response::redirect(Status::found, *request.query.get("to"));
  });
  for (const char* to : {"a%0d%0aSet-Cookie:x=y", "a%0ab", "a%0db", "%01"}) {
    const RawResponse response = ask(server.port(), get(std::string{"/?to="} + to));
    EXPECT_EQ(response.status, 500) << to;
    EXPECT_THAT(response.head, Not(HasSubstr("Set-Cookie")));
  }
  EXPECT_EQ(ask(server.port(), get("/?to=%2Fa%3Fb")).header("Location"), "/a?b");
}

TEST(DressAlways, dresses_the_response_and_what_its_last_check_puts_in_its_place) {
  Response response;
  response.last_check = [] { return std::optional(Response::text(Status::service_unavailable, "later")); };
  dress_always(response, [](Response& leaving) { leaving.set("X-Dressed", "yes"); });
  EXPECT_EQ(response.header("X-Dressed"), "yes");
  const auto replacement = response.last_check();
  ASSERT_TRUE(replacement);
  EXPECT_EQ(replacement->status, Status::service_unavailable);
  EXPECT_EQ(replacement->header("X-Dressed"), "yes");
  Response plain;
  dress_always(plain, [](Response& leaving) { leaving.set("X-Dressed", "yes"); });
  EXPECT_FALSE(plain.last_check);
}

TEST(HttpServer, the_last_check_may_replace_a_response_just_before_it_is_written) {
  HttpServer server([](Context&, const Request& request) -> Task<Response> {
    Response response = Response::text(Status::ok, "secret");
    const bool revoked = request.path == "/revoked";
    response.last_check = [revoked]() -> std::optional<Response> {
      return revoked ? std::optional{Response::empty(Status::unauthorized)} : std::nullopt;
    };
    co_return response;
  });
  EXPECT_EQ(ask(server.port(), get("/fine")).body, "secret");
  const RawResponse revoked = ask(server.port(), get("/revoked"));
  EXPECT_EQ(revoked.status, 401);
  EXPECT_EQ(revoked.body, "");
}

Task<Response> origin(Context& ctx, const Request& request) {
  co_return Response::text(Status::ok, ctx.client_ip + " " + request.peer_ip + " " +
                                           (request.secure ? "https" : "http") + " " + request.host + " " +
                                           ctx.request_id);
}

// Zitadel's CVE-2023-49097 and its three repetitions: a link built from a forwarded host.
TEST(HttpServer, forwarded_headers_count_from_trusted_peers_only_and_a_forwarded_host_never) {
  const std::string forwarded = get("/",
                                    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
                                    "X-Forwarded-Host: evil.example\r\nX-Request-Id: given.id_1-x\r\n");
  HttpServer trusting(origin);
  EXPECT_EQ(ask(trusting.port(), forwarded).body, "203.0.113.9 127.0.0.1 https example.com given.id_1-x");
  EXPECT_EQ(
      ask(trusting.port(), get("/", "Forwarded: for=203.0.113.9;host=evil.example;proto=https\r\nX-Request-Id: a\r\n"))
          .body,
      "203.0.113.9 127.0.0.1 https example.com a");
  HttpServer distrusting(origin, {.trusted_proxies = {"10.0.0.0/8"}});
  EXPECT_THAT(ask(distrusting.port(), forwarded).body,
              MatchesRegex("127.0.0.1 127.0.0.1 http example.com [0-9a-f]{16}-.*"));
}

TEST(HttpServer, a_request_id_that_is_not_one_is_not_taken) {
  HttpServer server(origin);
  for (const std::string& id :
       {std::string(65, 'a'), std::string{"a b"}, std::string{"\"a\""}, std::string{"a/b"}, std::string{}}) {
    const RawResponse response = ask(server.port(), get("/", "X-Request-Id: " + id + "\r\n"));
    EXPECT_THAT(response.header("X-Request-Id"), MatchesRegex("[0-9a-f]{16}-[0-9a-f]+"));
  }
}

TEST(HttpServer, the_context_carries_a_user_agent_that_is_text_and_bounded) {
  HttpServer server(
      [](Context& ctx, const Request&) -> Task<Response> { co_return Response::text(Status::ok, ctx.user_agent); });
  EXPECT_EQ(ask(server.port(), get("/", "User-Agent: caf\xc3\xa9 \xff\r\n")).body, "caf\xc3\xa9 ?");
  EXPECT_EQ(ask(server.port(), get("/", "User-Agent: " + std::string(3000, 'x') + "\r\n")).body.size(), 1024U);
}

TEST(HttpServer, the_access_log_has_one_json_line_a_request_without_its_query) {
  testing::internal::CaptureStderr();
  {
    HttpServer server(echo);
    log::set_level(log::Level::info);
    ask(server.port(), get("/a\"b"));
    ask(server.port(), get("/callback?code=MARKER", "X-Forwarded-For: 203.0.113.9\r\nX-Request-Id: one\r\n"));
    server.begin_drain(Seconds{1});
    server.wait_drained();
    log::set_level(log::Level::warn);
  }
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_THAT(lines, Not(HasSubstr("MARKER")));
  ASSERT_EQ(std::ranges::count(lines, '\n'), 2);
  const auto json = boost::json::parse(lines.substr(lines.find('\n') + 1)).as_object();
  EXPECT_EQ(json.at("method").as_string(), "GET");
  EXPECT_EQ(json.at("path").as_string(), "/callback");
  EXPECT_EQ(json.at("status").as_int64(), 200);
  EXPECT_EQ(json.at("bytes").as_int64(), 14);
  EXPECT_GE(json.at("duration_us").as_int64(), 0);
  EXPECT_EQ(json.at("client_ip").as_string(), "203.0.113.9");
  EXPECT_EQ(json.at("request_id").as_string(), "one");
  EXPECT_EQ(json.at("host").as_string(), "example.com");
}

TEST(HttpServer, counts_its_requests) {
  telemetry::Metrics metrics;
  HttpServer server(echo, {.metrics = &metrics});
  ask(server.port(), get("/"));
  ask(server.port(), "nonsense\r\n\r\n");
  server.begin_drain(Seconds{1});
  server.wait_drained();
  EXPECT_THAT(metrics.expose(), HasSubstr("gatehouse_http_requests_total{status=\"2xx\"} 1\n"));
  EXPECT_THAT(metrics.expose(), HasSubstr("gatehouse_http_requests_total{status=\"4xx\"} 1\n"));
  EXPECT_THAT(metrics.expose(), HasSubstr("gatehouse_http_request_seconds_count 2\n"));
}

TEST(HttpServer, an_address_in_use_is_refused_unless_it_is_shared) {
  HttpServer server(echo);
  asio::io_context io;
  EXPECT_THROW(Server(io, {.port = server.port()}, echo), std::runtime_error);
  EXPECT_NO_THROW(Server(io, {.port = server.port(), .shares_port = true}, echo));
}

}  // namespace
}  // namespace gatehouse::http
