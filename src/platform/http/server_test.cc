#include "platform/http/server.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"
#include "support/http_server.h"

namespace gatehouse::http {
namespace {

using test::ask;
using test::HttpServer;
using test::RawClient;
using test::RawResponse;

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
      "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nHost: "
      "evil\r\n\r\n";
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

}  // namespace
}  // namespace gatehouse::http
