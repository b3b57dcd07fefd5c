#include "endpoint/page.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "endpoint/rich_text.h"
#include "platform/base/embedded.h"
#include "platform/crypto/random.h"
#include "platform/template/template.h"

namespace gatehouse::endpoint {

namespace {

namespace json = boost::json;

constexpr std::string_view kTemplates = "web/authui/templates/";

// Page → the text that is its title.
constexpr std::pair<std::string_view, std::string_view> kPages[] = {
    {"login", "login.title"},
    {"signup", "signup.title"},
    {"enter_password", "password.title"},
    {"enter_oob_otp", "code.title"},
    {"create_password", "create_password.title"},
    {"change_password", "change_password.title"},
    {"signed_in", "signed_in.title"},
    {"logout", "logout.title"},
    {"signed_out", "signed_out.title"},
    {"consent", "consent.title"},
    {"op_error", "op_error.title_unknown"},
    {"problem", "problem.unexpected.title"},
};

// The mark that stands for a project without a logo, in a browser's tab.
constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 28 28'%3E%3Cpath fill='%230b5f5b' d='M2 "
    "27V14a12 12 0 0 1 24 0v13h-4V14a8 8 0 0 0-16 0v13zM9 27V14a5 5 0 0 1 10 0v13z'/%3E%3C/svg%3E";

std::optional<std::string_view> part(std::string_view name) {
  return embedded_file(std::string(kTemplates) + std::string(name) + ".mustache");
}

// Keys of {{{t.<key>}}} in the template and its parts.
void collect_keys(std::string_view text, std::set<std::string>& keys) {
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at + 2)) {
    const std::string_view tag = text.substr(at, std::min(text.find("}}", at), text.size()) - at);
    if (tag.starts_with("{{{t.")) {
      keys.emplace(tag.substr(5));
    } else if (tag.starts_with("{{>")) {
      collect_keys(part(tag.substr(3)).value_or(""), keys);
    }
  }
}

// t: {"login": {"title": …}} so that {{{t.login.title}}} finds it.
void put_text(json::object& texts, std::string_view key, std::string value) {
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos) {
    texts[key] = value;
    return;
  }
  json::value& inner = texts[key.substr(0, dot)];
  if (!inner.is_object()) {
    inner.emplace_object();
  }
  put_text(inner.get_object(), key.substr(dot + 1), std::move(value));
}

text::Arguments arguments_of(const json::object& values) {
  text::Arguments arguments;
  for (const auto& [key, value] : values) {
    if (value.is_string()) {
      arguments.emplace(key, value.get_string());
    } else if (value.is_int64()) {
      arguments.emplace(key, std::to_string(value.get_int64()));
    }
  }
  return arguments;
}

std::string theme_of(const project::Config& config, const http::Request& request) {
  if (config.ui.dark_theme_disabled) {
    return "light";
  }
  if (config.ui.light_theme_disabled) {
    return "dark";
  }
  const std::string wish = request.query.get_or("x_color_scheme", "");
  return wish == "light" || wish == "dark" ? wish : "";
}

std::string host_of(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return std::string(scheme == std::string_view::npos ? origin : origin.substr(scheme + 3));
}

json::array language_links(const Look& look, const http::Request& request) {
  json::array links;
  for (const std::string& tag : look.languages) {
    http::Fields query;
    for (const auto& [name, value] : request.query.all()) {
      if (name != "ui_locales") {
        query.add(name, value);
      }
    }
    query.add("ui_locales", tag);
    links.push_back({{"tag", tag},
                     {"name", text::language_name(tag)},
                     {"href", "?" + http::encode_form(query)},
                     {"current", tag == look.texts->language()}});
  }
  return links;
}

json::object common_values(const project::Context& ctx, const http::Request& request, const Look& look) {
  json::object values{
      {"lang", look.texts->language()},
      {"rtl", look.texts->right_to_left()},
      {"theme", theme_of(ctx.config(), request)},
      {"project", look.name},
      {"host", host_of(ctx.project().origin())},
      {"home", web_link(ctx.config().ui.default_client_uri)},
      {"logo", look.logo},
      {"logo_dark", look.logo_dark},
      {"icon", look.logo.empty() ? std::string(kIcon) : look.logo},
      {"accent", look.accent},
      {"terms_url", look.terms_url},
      {"privacy_url", look.privacy_url},
      {"support_url", look.support_url},
      {"has_footer", !look.terms_url.empty() || !look.privacy_url.empty() || !look.support_url.empty()},
      {"has_languages", look.languages.size() > 1},
      {"language_name", text::language_name(look.texts->language())},
  };
  if (look.languages.size() > 1) {
    values["languages"] = language_links(look, request);
  }
  return values;
}

// No form-action: browsers apply it to the redirects after a form too, and those lead to the application.
std::string content_security_policy(std::string_view nonce) {
  const std::string quoted = "'nonce-" + std::string(nonce) + "'";
  return "default-src 'none'; script-src " + quoted + "; style-src 'self' " + quoted +
         "; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
}

}  // namespace

struct PageRenderer::Page {
  text::Template parsed;
  std::vector<std::string> keys;
  std::string title_key;
};

PageRenderer::PageRenderer(const http::StaticFiles& assets)
    : css_(assets.path_of("app.css")), js_(assets.path_of("app.js")) {
  for (const auto& [name, title_key] : kPages) {
    const auto source = part(name);
    if (!source) {
      throw std::runtime_error("page without a template: " + std::string(name));
    }
    std::set<std::string> keys;
    collect_keys(*source, keys);
    keys.erase("layout.title");
    pages_[std::string(name)] =
        std::make_unique<const Page>(text::Template(*source, text::Escape::html, part),
                                     std::vector<std::string>(keys.begin(), keys.end()), std::string(title_key));
  }
}

PageRenderer::~PageRenderer() = default;

std::vector<std::string> PageRenderer::pages() const {
  std::vector<std::string> names;
  names.reserve(pages_.size());
  for (const auto& [name, page] : pages_) {
    names.push_back(name);
  }
  return names;
}

std::shared_ptr<const Look> PageRenderer::look(project::Context& ctx, const http::Request& request) const {
  return looks_.find(ctx.project(), wanted_languages(request));
}

http::Response PageRenderer::render(project::Context& ctx, const http::Request& request, std::string_view name,
                                    json::object values, http::Status status) const {
  const Page& page = *pages_.find(name)->second;
  const std::shared_ptr<const Look> look = this->look(ctx, request);
  const std::string nonce = crypto::random_text(22, crypto::kBase62);
  json::object all = common_values(ctx, request, *look);
  for (auto& [key, value] : values) {
    all[key] = std::move(value);
  }
  all["csp_nonce"] = nonce;
  all["css"] = css_;
  all["js"] = js_;

  text::Arguments arguments = arguments_of(all);
  const auto heading = arguments.find("heading");
  arguments["title"] = heading != arguments.end() ? heading->second : (*look->texts)(page.title_key, arguments);
  json::object texts;
  for (const std::string& key : page.keys) {
    put_text(texts, key, rich_text(*look->texts, key, arguments));
  }
  put_text(texts, "layout.title", escape_html((*look->texts)("layout.title", arguments)));
  all["t"] = std::move(texts);

  http::Response response = http::Response::html(status, page.parsed.render(all));
  response.set("Content-Security-Policy", content_security_policy(nonce));
  response.set("Content-Language", look->texts->language());
  response.set("Referrer-Policy", "same-origin");
  response.set("X-Frame-Options", "DENY");
  return response;
}

std::string web_link(const std::string& uri) {
  return uri.starts_with("https://") || uri.starts_with("http://") ? uri : std::string();
}

bool wants_html(const http::Request& request) {
  const auto accept = request.header("Accept");
  return accept && accept->find("text/html") != std::string_view::npos;
}

std::vector<std::string> wanted_languages(const http::Request& request) {
  std::vector<std::string> wanted;
  std::string tag;
  for (const char c : request.query.get_or("ui_locales", "").substr(0, 200) + " ") {
    if (c != ' ') {
      tag += c;
    } else if (!tag.empty()) {
      wanted.push_back(std::exchange(tag, {}));
    }
  }
  for (std::string& accepted : text::parse_accept_language(request.header("Accept-Language").value_or(""))) {
    wanted.push_back(std::move(accepted));
  }
  return wanted;
}

std::string initials(std::string_view name) {
  const std::string_view local = name.substr(0, name.find('@'));
  std::string letters;
  int taken = 0;
  bool at_start = true;
  for (std::size_t i = 0; i < local.size() && taken < 2;) {
    UChar32 c = 0;
    U8_NEXT(local.data(), i, local.size(), c);
    const bool letter = c > 0 && u_isalnum(c) != 0;
    if (letter && at_start) {
      char utf8[U8_MAX_LENGTH];
      std::size_t length = 0;
      U8_APPEND_UNSAFE(utf8, length, u_toupper(c));
      letters.append(utf8, length);
      ++taken;
    }
    at_start = !letter;
  }
  return letters;
}

void add_who(json::object& values, std::string_view login_id) {
  const std::size_t at = login_id.find('@');
  const std::size_t split = at == std::string_view::npos ? login_id.size() : at + 1;
  values["who"] = login_id;
  values["who_initials"] = initials(login_id);
  values["who_start"] = login_id.substr(0, split);
  values["who_end"] = login_id.substr(split);
}

}  // namespace gatehouse::endpoint
