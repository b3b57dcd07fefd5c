#include "endpoint/browser.h"

#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::endpoint {

namespace {

constexpr std::size_t kLength = 32;

}  // namespace

std::string Browser::hash() const { return crypto::sha256_hex(cookie); }

Browser identify_browser(const project::Context& ctx, const http::Request& request, std::string_view suffix) {
  auto cookie = request.cookie(ctx.project().cookie_name(suffix));
  if (cookie && cookie->size() == kLength && cookie->find_first_not_of(crypto::kCrockford) == std::string::npos) {
    return {.cookie = std::move(*cookie)};
  }
  return {.cookie = crypto::random_text(kLength, crypto::kCrockford), .is_new = true};
}

}  // namespace gatehouse::endpoint
