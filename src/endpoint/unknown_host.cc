#include "endpoint/unknown_host.h"

#include <stdexcept>

#include "platform/base/embedded.h"
#include "platform/crypto/random.h"
#include "platform/template/template.h"
#include "platform/template/translation.h"

namespace gatehouse::endpoint {

namespace {

namespace json = boost::json;

constexpr std::string_view kTemplates = "web/authui/templates/";
constexpr std::string_view kTexts = "resources/authui/translations/en.json";

std::optional<std::string_view> part(std::string_view name) {
  return embedded_file(std::string(kTemplates) + std::string(name) + ".mustache");
}

std::string_view needed(std::optional<std::string_view> file, const std::string& what) {
  if (!file) {
    throw std::runtime_error("the page for unknown hosts lacks " + what);
  }
  return *file;
}

std::string_view style_of(const http::StaticFiles& assets) {
  const std::string& path = assets.path_of("app.css");
  return needed(embedded_file("web/authui/" + path.substr(path.rfind('/') + 1)), path);
}

}  // namespace

struct UnknownHostPage::Parts {
  explicit Parts(const http::StaticFiles& assets)
      : page(needed(part("unknown_host"), "its template"), text::Escape::html, part),
        texts("en", {needed(embedded_file(kTexts), "its texts")}, nullptr),
        style(style_of(assets)) {}

  text::Template page;
  text::Translations texts;
  std::string_view style;
};

UnknownHostPage::UnknownHostPage(const http::StaticFiles& assets) : parts_(std::make_unique<const Parts>(assets)) {}

UnknownHostPage::~UnknownHostPage() = default;

http::Response UnknownHostPage::render(const std::string& works_at) const {
  const auto& texts = parts_->texts;
  const std::string nonce = crypto::random_text(22, crypto::kBase62);
  const json::object values{{"lang", texts.language()},
                            {"heading", texts("problem.host.title")},
                            {"lede", texts(works_at.empty() ? "problem.host.lede" : "problem.host.lede_dev")},
                            {"works_at", works_at},
                            {"operators", texts("problem.host.operators")},
                            {"hint", texts("problem.host.hint")},
                            {"csp_nonce", nonce},
                            {"style", parts_->style}};
  http::Response response = http::Response::html(http::Status::not_found, parts_->page.render(values));
  response.set("Content-Security-Policy",
               "default-src 'none'; style-src 'nonce-" + nonce + "'; base-uri 'none'; frame-ancestors 'none'");
  response.set("Content-Language", texts.language());
  response.set("X-Frame-Options", "DENY");
  return response;
}

}  // namespace gatehouse::endpoint
