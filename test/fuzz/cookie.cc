// Cookie headers: the first line of the input is the name that is asked for, the others are Cookie headers.
#include <cstdint>

#include "platform/base/ascii.h"
#include "platform/http/document.h"
#include "platform/http/message.h"

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  const std::string_view name = next_part(rest, '\n');
  http::coding_quality(rest, name);
  http::matches_etag(rest, name);
  http::Request request;
  while (!rest.empty()) {
    request.headers.push_back({"Cookie", std::string{next_part(rest, '\n')}});
  }
  request.cookie(name);
  return 0;
}
