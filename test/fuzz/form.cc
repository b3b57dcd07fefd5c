// Forms and queries: what is accepted is UTF-8 and survives being written and read again.
#include <cstdint>
#include <cstdlib>

#include "platform/base/error.h"
#include "platform/base/utf8.h"
#include "platform/http/message.h"

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  try {
    const http::Fields fields = http::parse_form(bytes);
    for (const auto& [name, value] : fields.all()) {
      if (!is_utf8(name) || !is_utf8(value)) {
        std::abort();
      }
    }
    if (http::parse_form(http::encode_form(fields)).all() != fields.all()) {
      std::abort();
    }
  } catch (const Error&) {
  }
  if (http::percent_decode(http::percent_encode(bytes)) != bytes) {
    std::abort();
  }
  return 0;
}
