#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/context.h"
#include "platform/base/task.h"

namespace gatehouse::http {

enum class Method { get, head, post, put, patch, delete_, options, other };

std::string_view to_string(Method method);

enum class Status : int {
  ok = 200,
  no_content = 204,
  found = 302,
  see_other = 303,
  not_modified = 304,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  request_timeout = 408,
  payload_too_large = 413,
  uri_too_long = 414,
  expectation_failed = 417,
  too_many_requests = 429,
  header_too_large = 431,
  internal_error = 500,
  service_unavailable = 503,
};

struct Header {
  std::string name;
  std::string value;
};

// Name and value pairs in their order, decoded: of a query string, a form body or a path. Names may repeat.
class Fields {
 public:
  Fields() = default;
  explicit Fields(std::vector<std::pair<std::string, std::string>> pairs) : pairs_(std::move(pairs)) {}

  std::optional<std::string> get(std::string_view name) const;  // the first
  std::string get_or(std::string_view name, std::string_view otherwise) const;
  std::size_t count(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return pairs_; }
  void add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// application/x-www-form-urlencoded (URL Standard 5.1). Throws Error BadRequest for more than 1,000 pairs, broken
// percent-encoding, bytes that are not UTF-8, or NUL.
Fields parse_form(std::string_view encoded);
std::string encode_form(const Fields& fields);
std::string percent_encode(std::string_view text);                 // everything but RFC 3986 unreserved
std::optional<std::string> percent_decode(std::string_view text);  // nothing for broken encoding

// One request, read whole. Values are copies: a request outlives its connection's buffer.
struct Request {
  Method method = Method::get;
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded once; always starts with '/'
  Fields query;
  Fields path_parameters;  // ":id" of the route
  std::vector<Header> headers;
  std::string body;

  std::string host;       // of the Host header, lower-case, with its port if it has one; checked for syntax
  bool secure = false;    // the client spoke TLS, to us or to a trusted proxy
  std::string client_ip;  // through trusted proxies only
  std::string peer_ip;    // the other end of the connection
  std::string request_id;

  std::optional<std::string_view> header(std::string_view name) const;  // the first, by name in any case
  // A cookie that comes twice counts as absent.
  std::optional<std::string> cookie(std::string_view name) const;
  std::size_t count_cookie(std::string_view name) const;
  // The body as a form. Throws Error UnsupportedMediaType-like BadRequest unless the content type is
  // application/x-www-form-urlencoded.
  Fields form() const;
};

struct Cookie {
  std::string name;
  std::string value;
  std::string path = "/";
  std::string domain;             // empty: host only
  std::optional<long> max_age;    // seconds; none: a session cookie
  std::string same_site = "Lax";  // Lax, Strict, None
  bool secure = true;
  bool http_only = true;
  bool clear = false;  // expires it

  std::string to_header() const;
};

struct Response {
  Status status = Status::ok;
  std::vector<Header> headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`: static files and cached documents

  static Response text(Status status, std::string text);
  static Response json(Status status, std::string json);  // Cache-Control: no-store
  static Response html(Status status, std::string html);  // Cache-Control: no-store
  static Response redirect(Status status, std::string location);
  static Response empty(Status status);

  Response& set(std::string name, std::string value);  // replaces
  Response& add(std::string name, std::string value);
  Response& cookie(const Cookie& cookie) { return add("Set-Cookie", cookie.to_header()); }
  std::optional<std::string_view> header(std::string_view name) const;

  // Called after the response is complete and just before it is written: returns a replacement, or nothing. Used to
  // check a cache's lease once more.
  std::function<std::optional<Response>()> last_check;
};

}  // namespace gatehouse::http
