#include "platform/http/request_parser.h"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>

#include "platform/base/ascii.h"

namespace gatehouse::http {

namespace beast = boost::beast;
using beast::error_code;
using Text = beast::string_view;

namespace {

constexpr std::size_t kMostHeaders = 100;
constexpr std::size_t kReserveAtMost = std::size_t{64} * 1024;
constexpr std::size_t kShortestChunkedEnd = 5;

[[noreturn]] void refuse(const char* why) { throw Refusal{Status::bad_request, why}; }

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::get;
    case beast::http::verb::head:
      return Method::head;
    case beast::http::verb::post:
      return Method::post;
    case beast::http::verb::put:
      return Method::put;
    case beast::http::verb::patch:
      return Method::patch;
    case beast::http::verb::delete_:
      return Method::delete_;
    case beast::http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

[[noreturn]] void refuse(const error_code& code) {
  using beast::http::error;
  switch (static_cast<error>(code.value())) {
    case error::body_limit:
      throw Refusal{Status::payload_too_large, "the request's body is too large"};
    case error::header_limit:
      throw Refusal{Status::header_too_large, "the request's head is too large"};
    case error::bad_content_length:
    case error::multiple_content_length:
      refuse("the Content-Length header is wrong");
    case error::bad_transfer_encoding:
      refuse("the Transfer-Encoding header is wrong");
    case error::bad_chunk:
    case error::bad_chunk_extension:
      refuse("the chunked body is wrong");
    case error::bad_version:
      refuse("the request's version is not HTTP/1.1 or HTTP/1.0");
    default:
      refuse("the request is not HTTP");
  }
}

std::size_t count(const std::vector<Header>& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); }));
}

}  // namespace

class RequestParser::Parser : public beast::http::basic_parser<true> {
 public:
  explicit Parser(Request& request) : request_(request) {}

  void on_request_impl(beast::http::verb verb, Text name, Text target, int version, error_code& error) override {
    request_.method = method_of(verb);
    method_ = name;
    version_ = version;
    request_.target = target;
    error = {};
  }

  void on_field_impl(beast::http::field, Text name, Text value, error_code& error) override {
    error = {};
    if (is_header_done_) {
      return;  // a trailer (RFC 9110 6.5): it must not become a header after the headers were judged
    }
    if (request_.headers.size() == kMostHeaders) {
      error = beast::http::error::header_limit;
      return;
    }
    request_.headers.push_back({name, value});
  }

  void on_header_impl(error_code& error) override {
    is_header_done_ = true;
    error = {};
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override {
    if (length) {
      request_.body.reserve(std::min<std::size_t>(*length, kReserveAtMost));
    }
    error = {};
  }

  std::size_t on_body_impl(Text bytes, error_code& error) override {
    request_.body.append(bytes.data(), bytes.size());
    error = {};
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, Text extensions, error_code& error) override {
    const bool plain = std::ranges::none_of(
        extensions, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
    error = plain ? error_code{} : beast::http::error::bad_chunk_extension;
  }

  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }

  void on_response_impl(int, Text, int, error_code&) override {}
  void on_finish_impl(error_code& error) override { error = {}; }

  std::string_view method() const { return method_; }
  int version() const { return version_; }

 private:
  Request& request_;
  std::string method_;
  int version_ = 11;
  bool is_header_done_ = false;
};

RequestParser::RequestParser(const Limits& limits, Request& request)
    : request_(request), parser_(std::make_unique<Parser>(request)) {
  parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser_->body_limit(limits.body_bytes);
}

RequestParser::~RequestParser() = default;

void RequestParser::head(std::string_view head) {
  error_code error;
  const std::size_t used = parser_->put({head.data(), head.size()}, error);
  if (error && error != beast::http::error::need_more) {
    refuse(error);
  }
  if (!parser_->is_header_done() || used != head.size()) {
    refuse("the request is not HTTP");
  }
  parser_->eager(true);
  method_name_ = parser_->method();
  check_framing();
  const Target target = parse_target(request_.target);
  read_host(target.authority);
  request_.path = target.path;
  request_.query = parse_form(target.query);
  read_expectation();
}

// RFC 9112 6.1 and 6.3: one Content-Length of digits, or one "Transfer-Encoding: chunked" in HTTP/1.1, or neither.
void RequestParser::check_framing() {
  const auto lengths = count(request_.headers, "Content-Length");
  const auto codings = count(request_.headers, "Transfer-Encoding");
  if (lengths + codings > 1) {
    refuse("the request has more than one Content-Length or Transfer-Encoding header");
  }
  if (lengths == 1) {
    const std::string_view value = *request_.header("Content-Length");
    if (value.empty() || !std::ranges::all_of(value, is_digit)) {
      refuse("the Content-Length header is wrong");
    }
  }
  if (codings == 1 && (!equals_ignoring_case(*request_.header("Transfer-Encoding"), "chunked") || http_1_0())) {
    refuse("the Transfer-Encoding header is wrong");
  }
}

// HTTP/1.0 may leave the Host header out (load balancers' health checks do); nothing but a path then says what is
// meant.
void RequestParser::read_host(std::string_view authority) {
  const auto hosts = count(request_.headers, "Host");
  if (hosts == 0 && http_1_0() && authority.empty()) {
    return;
  }
  if (hosts != 1) {
    refuse(hosts == 0 ? "the request has no Host header" : "the request has more than one Host header");
  }
  request_.host = parse_host(*request_.header("Host"));
  if (!authority.empty() && lower_case(authority) != request_.host) {
    refuse("the request target names another host than the Host header");
  }
}

void RequestParser::read_expectation() {
  const auto expectation = request_.header("Expect");
  if (!expectation || http_1_0()) {
    return;
  }
  if (!equals_ignoring_case(*expectation, "100-continue")) {
    throw Refusal{Status::expectation_failed, "the only expectation that can be met is 100-continue"};
  }
  expects_continue_ = true;
}

std::size_t RequestParser::body(std::string_view bytes) {
  // Whatever part of a chunked body is still to come, it ends with "0 CRLF CRLF". Beast asserts that it sees those five
  // bytes at once when it comes back to a last chunk, and the assertion would end the process.
  if (parser_->chunked() && bytes.size() < kShortestChunkedEnd) {
    return 0;
  }
  error_code error;
  const std::size_t used = parser_->put({bytes.data(), bytes.size()}, error);
  if (error && error != beast::http::error::need_more) {
    refuse(error);
  }
  return used;
}

bool RequestParser::done() const { return parser_->is_done(); }

std::optional<std::uint64_t> RequestParser::remaining() const {
  const auto remaining = parser_->content_length_remaining();
  return remaining ? std::optional{*remaining} : std::nullopt;
}

bool RequestParser::keep_alive() const { return parser_->keep_alive(); }

bool RequestParser::http_1_0() const { return parser_->version() < 11; }

}  // namespace gatehouse::http
