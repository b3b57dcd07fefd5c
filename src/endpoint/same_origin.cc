#include "endpoint/same_origin.h"

namespace gatehouse::endpoint {

namespace {

constexpr std::size_t kLongestUrl = 8192;

}  // namespace

Sender judge_sender(const project::Project& project, const http::Request& request) {
  const auto site = request.header("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") {
    return Sender::foreign;
  }
  const auto origin = request.header("Origin");
  if (!origin) {
    return site ? Sender::same_origin : Sender::unknown;
  }
  // "null" comes from our own pages too where an extension strips the referrer; Sec-Fetch-Site knows better.
  if (*origin == project.origin() || (*origin == "null" && site)) {
    return Sender::same_origin;
  }
  return Sender::foreign;
}

bool lacks_cookies(const project::Project& project, const http::Request& request) {
  return judge_sender(project, request) == Sender::foreign && !request.cookie(project.cookie_name("session"));
}

std::optional<std::string> url_by_get(const project::Project& project, const http::Request& request,
                                      const http::Fields& parameters) {
  std::string url = project.origin() + request.path + "?" + http::encode_form(parameters);
  return url.size() <= kLongestUrl ? std::optional(std::move(url)) : std::nullopt;
}

}  // namespace gatehouse::endpoint
