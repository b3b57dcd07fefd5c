#include "platform/http/request_parser.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace gatehouse::http {
namespace {

// Reads one request as the server does; what is left of `bytes` is in `rest`.
Request read(std::string_view bytes, std::string* rest = nullptr) {
  HeadScan scan;
  const std::size_t length = scan.scan(bytes);
  if (length == 0) {
    throw std::runtime_error("incomplete");
  }
  Request request;
  RequestParser parser(Limits{}, request);
  parser.head(bytes.substr(0, length));
  bytes.remove_prefix(length);
  while (!parser.done() && !bytes.empty()) {
    const std::size_t used = parser.body(bytes);
    bytes.remove_prefix(used);
    if (used == 0) {
      break;
    }
  }
  if (!parser.done()) {
    throw std::runtime_error("incomplete");
  }
  if (rest) {
    *rest = bytes;
  }
  return request;
}

std::string with(std::string_view headers, std::string_view body = "") {
  return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string{headers} + "\r\n" + std::string{body};
}

int status_of(const std::string& bytes) {
  try {
    read(bytes);
    return 200;
  } catch (const Refusal& refusal) {
    return static_cast<int>(refusal.status);
  } catch (const Error& error) {
    return http_status(error.kind());
  }
}

TEST(RequestParser, reads_method_path_query_headers_and_host) {
  const Request request =
      read("GET /a%20b/%C3%A9?x=1&y=%2F HTTP/1.1\r\nHost: Example.COM:8080\r\nX-A:  one \r\nx-a: two\r\n\r\n");
  EXPECT_EQ(request.method, Method::get);
  EXPECT_EQ(request.target, "/a%20b/%C3%A9?x=1&y=%2F");
  EXPECT_EQ(request.path, "/a b/é");
  EXPECT_EQ(request.query.get("y"), "/");
  EXPECT_EQ(request.header("X-A"), "one");
  EXPECT_EQ(request.headers.size(), 3U);
  EXPECT_EQ(request.host, "example.com:8080");
}

TEST(RequestParser, knows_the_methods) {
  const std::pair<const char*, Method> methods[] = {
      {"GET", Method::get},     {"HEAD", Method::head},      {"POST", Method::post},       {"PUT", Method::put},
      {"PATCH", Method::patch}, {"DELETE", Method::delete_}, {"OPTIONS", Method::options}, {"TRACE", Method::other},
      {"get", Method::other},   {"FOO-BAR", Method::other}};
  for (const auto& [name, method] : methods) {
    EXPECT_EQ(read(std::string{name} + " / HTTP/1.1\r\nHost: h\r\n\r\n").method, method) << name;
  }
}

TEST(RequestParser, takes_a_body_by_length_and_leaves_what_follows) {
  std::string rest;
  EXPECT_EQ(read(with("Content-Length: 5\r\n", "helloGET /"), &rest).body, "hello");
  EXPECT_EQ(rest, "GET /");
  EXPECT_EQ(read(with("Content-Length: 0\r\n", "x"), &rest).body, "");
  EXPECT_EQ(rest, "x");
}

TEST(RequestParser, takes_a_chunked_body_and_drops_its_trailers) {
  std::string rest;
  const Request request = read(
      with("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\nNEXT"),
      &rest);
  EXPECT_EQ(request.body, "hello!");
  EXPECT_EQ(request.headers.size(), 2U);
  EXPECT_EQ(rest, "NEXT");
}

TEST(RequestParser, a_chunked_body_may_come_in_pieces_of_any_size) {
  for (const std::string& body : {std::string{"0\r\n\r\n"}, std::string{"1\r\na\r\n0\r\n\r\n"},
                                  std::string{"5;x=y\r\nhello\r\n00\r\nT: u\r\n\r\n"}}) {
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      Request request;
      RequestParser parser(Limits{}, request);
      parser.head("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      std::size_t used = 0;
      for (std::size_t available = piece; !parser.done(); available += piece) {
        ASSERT_LT(available, body.size() + piece) << body << piece;
        const auto here = std::string_view{body}.substr(0, available);
        for (std::size_t more = 1; more > 0 && used < here.size() && !parser.done(); used += more) {
          more = parser.body(here.substr(used));
        }
      }
      EXPECT_EQ(used, body.size());
    }
  }
}

// Two readers that disagree about where a request ends let one client speak in another's name.
TEST(RequestSmuggling, doubtful_framing_is_refused) {
  const std::string chunks = "0\r\n\r\n";
  for (const std::string& bytes : {
           with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks),
           with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks),
           with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
           with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
           with("Content-Length: 5, 5\r\n", "hello"),
           with("Content-Length: +5\r\n", "hello"),
           with("Content-Length: -5\r\n", "hello"),
           with("Content-Length: 0x5\r\n", "hello"),
           with("Content-Length: 5 5\r\n", "hello"),
           with("Content-Length:\r\n"),
           with("Content-Length: five\r\n", "hello"),
           with("Content-Length: 18446744073709551617\r\n", "h"),
           with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks),
           with("Transfer-Encoding: chunked, identity\r\n", chunks),
           with("Transfer-Encoding: gzip, chunked\r\n", chunks),
           with("Transfer-Encoding: identity\r\n", chunks),
           with("Transfer-Encoding: xchunked\r\n", chunks),
           with("Transfer-Encoding:\r\n", chunks),
           with("Transfer-Encoding: \x0b"
                "chunked\r\n",
                chunks),
           with("Transfer-Encoding : chunked\r\n", chunks),
           with("Content-Length : 5\r\n", "hello"),
           with(" Content-Length: 5\r\n", "hello"),
           with("X: y\r\n Transfer-Encoding: chunked\r\n", chunks),
           with("X: y\r\n\tfolded\r\n"),
           with("X: a\nContent-Length: 5\r\n", "hello"),
           with("X: a\rContent-Length: 5\r\n", "hello"),
           with(std::string_view{"X: a\0b\r\n", 8}),
           with("X: a\x7f\r\n"),
           with("X\r\n"),
           with(": empty\r\n"),
           with("X Y: z\r\n"),
           with("X\xc3\xa9: z\r\n"),
           std::string{"POST /p HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
       }) {
    EXPECT_EQ(status_of(bytes), 400) << bytes;
  }
}

TEST(RequestSmuggling, doubtful_chunks_are_refused) {
  for (const char* body :
       {"5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "x\r\n\r\n", "-1\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;\x01\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello\r\n", "0\r\nbad trailer\r\n\r\n",
        "5 \x0b\r\nhello\r\n0\r\n\r\n", "0\r\nX: a\n\r\n\r\n", "0;\r\n;\r\n\r\n"}) {
    EXPECT_EQ(status_of(with("Transfer-Encoding: chunked\r\n", body)), 400) << body;
  }
}

TEST(RequestParser, start_lines_that_are_not_http_1_are_refused) {
  for (const char* line : {"GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1.2", "GET /", "GET / http/1.1",
                           "GET  / HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET /a b HTTP/1.1",
                           "G\tT / HTTP/1.1", "/ HTTP/1.1", "GET / HTTP/1.10", "GE(T / HTTP/1.1"}) {
    EXPECT_EQ(status_of(std::string{line} + "\r\nHost: h\r\n\r\n"), 400) << line;
  }
}

TEST(RequestParser, the_host_must_be_there_once_and_be_a_host) {
  const auto status = [](std::string_view headers) {
    return status_of("GET / HTTP/1.1\r\n" + std::string{headers} + "\r\n");
  };
  for (const char* good :
       {"Host: a", "Host: a-b.c_d.example:1", "Host: 1.2.3.4:65535", "Host: [::1]", "Host: [2001:db8::1]:80"}) {
    EXPECT_EQ(status(std::string{good} + "\r\n"), 200) << good;
  }
  for (const char* bad : {"",
                          "Host:\r\n",
                          "Host: a\r\nHost: a\r\n",
                          "Host: a\r\nhost: b\r\n",
                          "Host: a b\r\n",
                          "Host: a/b\r\n",
                          "Host: a@b\r\n",
                          "Host: http://a\r\n",
                          "Host: a:\r\n",
                          "Host: a:65536\r\n",
                          "Host: a:80:90\r\n",
                          "Host: a:-1\r\n",
                          "Host: [::1\r\n",
                          "Host: [::1]x\r\n",
                          "Host: [1.2.3.4]\r\n",
                          "Host: :80\r\n",
                          "Host: a,b\r\n",
                          "Host: a%00\r\n",
                          "Host: \xc3\xa9\r\n",
                          "Host: a?\r\n",
                          "Host: a#\r\n"}) {
    EXPECT_EQ(status(bad), 400) << bad;
  }
  EXPECT_EQ(status("Host: " + std::string(254, 'a') + "\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200) << "HTTP/1.0 has no Host header";
}

TEST(RequestParser, an_absolute_target_must_name_the_host) {
  EXPECT_EQ(read("GET http://H:80/p?q=1 HTTP/1.1\r\nHost: h:80\r\n\r\n").path, "/p");
  EXPECT_EQ(read("GET https://h HTTP/1.1\r\nHost: h\r\n\r\n").path, "/");
  EXPECT_EQ(read("GET http://h?a=b HTTP/1.1\r\nHost: h\r\n\r\n").query.get("a"), "b");
  for (const char* target : {"http://evil/", "http://h@evil/", "http://evil@h/", "http:///", "ftp://h/", "http:/h/",
                             "h/", "*", "h:443", "javascript:alert(1)", "?a", "http://h:80/"}) {
    EXPECT_EQ(status_of("GET " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n\r\n"), 400) << target;
  }
}

TEST(RequestParser, a_path_that_could_be_two_paths_is_refused) {
  for (const char* path :
       {"/a%2fb",  "/a%2Fb",     "/a%5cb",    "/a\\b", "/..",  "/../a",  "/a/../b",   "/a/..", "/./a",
        "/.",      "/%2e%2e/a",  "/a/%2E./b", "/%2e",  "/%00", "/a%0ab", "/a%0d",     "/%7f",  "/%ff",
        "/%c0%af", "/%ed%a0%80", "/%",        "/%4",   "/%zz", "/a#b",   "/\xc3\xa9", "/a\"b", "/<a>"}) {
    EXPECT_EQ(status_of("GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n\r\n"), 400) << path;
  }
  EXPECT_EQ(read("GET /a%252f..b/... HTTP/1.1\r\nHost: h\r\n\r\n").path, "/a%2f..b/...") << "decoded once";
}

TEST(RequestParser, a_query_that_cannot_be_read_is_refused) {
  EXPECT_EQ(status_of("GET /?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /?a=%ff HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /?a={|}^`\\'[] HTTP/1.1\r\nHost: h\r\n\r\n"), 200) << "browsers send these";
}

TEST(RequestParser, what_is_too_large_says_so) {
  EXPECT_EQ(status_of(with("Content-Length: 1048577\r\n")), 413);
  EXPECT_EQ(status_of(with("Transfer-Encoding: chunked\r\n", "100001\r\n")), 413);
  std::string headers;
  for (int i = 0; i < 101; ++i) {
    headers += "A: b\r\n";
  }
  EXPECT_EQ(status_of(with(headers)), 431);
}

TEST(RequestParser, only_100_continue_may_be_expected) {
  EXPECT_EQ(status_of(with("Expect: 200-ok\r\n")), 417);
  EXPECT_EQ(status_of(with("Expect: 100-Continue\r\n")), 200);
}

TEST(HeadScan, finds_the_end_however_the_bytes_come) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string bytes = head + "body\n";
  HeadScan scan;
  for (std::size_t size = 1; size < head.size(); ++size) {
    EXPECT_EQ(scan.scan(std::string_view{bytes}.substr(0, size)), 0U);
  }
  EXPECT_EQ(scan.scan(bytes), head.size());
}

TEST(HeadScan, refuses_a_bad_line_at_once) {
  HeadScan scan;
  EXPECT_THROW(scan.scan("GET / HTTP/1.1\n"), Refusal);
  HeadScan binary;
  EXPECT_THROW(binary.scan("\x16\x03\x01\n"), Refusal);
}

}  // namespace
}  // namespace gatehouse::http
