#include "platform/http/message.h"

#include <algorithm>
#include <array>

#include "platform/base/ascii.h"
#include "platform/base/error.h"

namespace gatehouse::http {

namespace {

constexpr std::array<std::string_view, 8> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

const Header* find(const std::vector<Header>& headers, std::string_view name) {
  const auto found =
      std::ranges::find_if(headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); });
  return found == headers.end() ? nullptr : &*found;
}

std::optional<std::string_view> value_of(const Header* header) {
  return header ? std::optional<std::string_view>{header->value} : std::nullopt;
}

Response with_body(Status status, std::string content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.push_back({"Content-Type", std::move(content_type)});
  response.body = std::move(body);
  return response;
}

}  // namespace

std::string_view to_string(Method method) { return kMethods.at(static_cast<std::size_t>(method)); }

std::optional<std::string> Fields::get(std::string_view name) const {
  const auto found = std::ranges::find_if(pairs_, [&](const auto& pair) { return pair.first == name; });
  return found == pairs_.end() ? std::nullopt : std::optional{found->second};
}

std::string Fields::get_or(std::string_view name, std::string_view otherwise) const {
  return get(name).value_or(std::string{otherwise});
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(pairs_, [&](const auto& pair) { return pair.first == name; }));
}

std::optional<std::string_view> Request::header(std::string_view name) const { return value_of(find(headers, name)); }

Fields Request::form() const {
  std::string_view type = header("Content-Type").value_or("");
  if (!equals_ignoring_case(trim(next_part(type, ';')), "application/x-www-form-urlencoded")) {
    throw Error(ErrorKind::bad_request, "BadRequest",
                "the content type of a form must be application/x-www-form-urlencoded");
  }
  return parse_form(body);
}

Response Response::text(Status status, std::string text) {
  return with_body(status, "text/plain; charset=utf-8", std::move(text));
}

Response Response::json(Status status, std::string json) {
  Response response = with_body(status, "application/json", std::move(json));
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

Response Response::html(Status status, std::string html) {
  Response response = with_body(status, "text/html; charset=utf-8", std::move(html));
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

Response Response::redirect(Status status, std::string location) {
  Response response;
  response.status = status;
  response.headers.push_back({"Location", std::move(location)});
  return response;
}

Response Response::empty(Status status) {
  Response response;
  response.status = status;
  return response;
}

Response& Response::set(std::string name, std::string value) {
  std::erase_if(headers, [&](const Header& header) { return equals_ignoring_case(header.name, name); });
  return add(std::move(name), std::move(value));
}

Response& Response::add(std::string name, std::string value) {
  headers.push_back({std::move(name), std::move(value)});
  return *this;
}

std::optional<std::string_view> Response::header(std::string_view name) const { return value_of(find(headers, name)); }

}  // namespace gatehouse::http
