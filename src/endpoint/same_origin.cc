#include "endpoint/same_origin.h"

namespace gatehouse::endpoint {

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

}  // namespace gatehouse::endpoint
