#include "endpoint/oauth/browser_binding.h"

#include "platform/crypto/hash.h"

namespace gatehouse::oauth {

namespace {

constexpr std::string_view kCookie = "oauth_ui";
constexpr std::string_view kMember = "browser";  // of the carried request

}  // namespace

endpoint::Browser browser_of(const project::Context& ctx, const http::Request& request) {
  return endpoint::identify_browser(ctx, request, kCookie);
}

void remember_browser(const project::Context& ctx, http::Response& response, const endpoint::Browser& browser) {
  const bool secure = ctx.project().secure();
  response.cookie({.name = ctx.project().cookie_name(kCookie),
                   .value = browser.cookie,
                   .same_site = secure ? "None" : "Lax",
                   .secure = secure});
}

sign_in::SignIn bind(sign_in::SignIn sign_in, const endpoint::Browser& browser) {
  sign_in.authorization_request[kMember] = browser.hash();
  return sign_in;
}

bool began_in(const sign_in::SignIn& sign_in, const endpoint::Browser& browser) {
  const auto* bound = sign_in.authorization_request.if_contains(kMember);
  return bound != nullptr && bound->is_string() && crypto::secure_equal(bound->get_string(), browser.hash());
}

}  // namespace gatehouse::oauth
