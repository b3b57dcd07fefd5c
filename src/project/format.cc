#include "project/format.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url.hpp>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <re2/re2.h>
#include <unicode/locid.h>

#include "project/duration.h"

namespace gatehouse::project {
namespace {

namespace urls = boost::urls;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

// Absolute, without empty, "." and ".." segments; a slash at the end is fine.
bool is_clean_path(std::string_view path) {
  if (path.empty() || path == "/") {
    return true;
  }
  if (path.front() != '/') {
    return false;
  }
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") {
      return false;
    }
    if (slash == std::string_view::npos || slash + 1 == path.size()) {
      return true;
    }
    path.remove_prefix(slash + 1);
  }
}

std::string_view of(urls::string_view text) { return {text.data(), text.size()}; }

bool scheme_is(const urls::url_view& url, std::initializer_list<std::string_view> allowed) {
  return std::ranges::any_of(allowed, [&](std::string_view name) {
    return std::ranges::equal(of(url.scheme()), name, {},
                              [](char c) { return static_cast<char>(is_alpha(c) ? c | 0x20 : c); });
  });
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::ranges::all_of(text, is_digit)) {
    return false;
  }
  const int port = std::stoi(std::string(text));
  return port > 0 && port <= 65535;
}

bool is_origin(std::string_view text, std::initializer_list<std::string_view> schemes) {
  const auto url = urls::parse_uri({text.data(), text.size()});
  const bool has_bad_port = url && url->has_port() && !is_port(of(url->port()));
  return url && scheme_is(*url, schemes) && !url->encoded_host().empty() && !has_bad_port && !url->has_userinfo() &&
         url->encoded_path().empty() && !url->has_query() && !url->has_fragment();
}

bool is_ldap_url(std::string_view text) { return is_origin(text, {"ldap", "ldaps"}); }

bool is_host_label(std::string_view label) {
  return !label.empty() &&
         std::ranges::all_of(label, [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
}

// [scheme://]host[:port], where "*" stands for any host or for the labels left of the rest.
bool is_origin_matcher(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    if (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https") {
      return false;
    }
    text.remove_prefix(scheme + 3);
  }
  if (text.starts_with('[')) {
    return is_http_origin("http://" + std::string(text));
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) {
      return false;
    }
    text = text.substr(0, colon);
  }
  if (text == "*") {
    return true;
  }
  if (text.starts_with("*.")) {
    text.remove_prefix(2);
  }
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_host_label(text.substr(0, dot))) {
      return false;
    }
    text.remove_prefix(dot + 1);
  }
  return is_host_label(text);
}

bool is_uri_or(std::string_view text, std::string_view own_scheme) {
  const auto url = urls::parse_uri({text.data(), text.size()});
  if (!url) {
    return false;
  }
  if (scheme_is(*url, {"http", "https"})) {
    return is_absolute_uri(text);
  }
  return scheme_is(*url, {own_scheme}) && url->encoded_host().empty() && !url->encoded_path().empty() &&
         is_clean_path(of(url->encoded_path()));
}

bool is_hook_uri(std::string_view text) { return is_uri_or(text, "authgeardeno"); }

// https, and a host that a stranger can reach by name.
bool is_public_https_url(std::string_view text) {
  const auto url = urls::parse_uri({text.data(), text.size()});
  if (!url || !scheme_is(*url, {"https"}) || url->has_userinfo() || url->host_type() != urls::host_type::name) {
    return false;
  }
  std::string host(of(url->encoded_host()));
  std::ranges::transform(host, host.begin(), [](char c) { return static_cast<char>(is_alpha(c) ? c | 0x20 : c); });
  const auto last = host.substr(host.rfind('.') + 1);
  return host.contains('.') && last != "localhost" && last != "local" && last != "internal" && !last.empty() &&
         !std::ranges::all_of(last, is_digit) && is_clean_path(of(url->encoded_path()));
}

bool is_atom(std::string_view text) {
  static constexpr std::string_view kSpecial = "!#$%&'*+-/=?^_`{|}~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || kSpecial.contains(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_dot_atom(std::string_view text) {
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_atom(text.substr(0, dot))) {
      return false;
    }
    text.remove_prefix(dot + 1);
  }
  return is_atom(text);
}

bool is_quoted_string(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return false;
  }
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || static_cast<unsigned char>(text[i]) < 0x20 || (text[i] == '\\' && ++i == text.size())) {
      return false;
    }
  }
  return true;
}

bool is_addr_spec(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) {
    return false;
  }
  const std::string_view local = text.substr(0, at);
  return (is_dot_atom(local) || is_quoted_string(local)) && is_dot_atom(text.substr(at + 1));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ') || text.ends_with('\t')) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_display_name(std::string_view text) {
  if (is_quoted_string(text)) {
    return true;
  }
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || std::string_view("()<>[]:;@\\,\"").contains(c);
  });
}

bool is_date_time(std::string_view text) {  // RFC 3339
  static const RE2 pattern(
      R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

bool is_json_pointer(std::string_view text) {  // RFC 6901
  if (!text.empty() && text.front() != '/') {
    return false;
  }
  for (auto tilde = text.find('~'); tilde != std::string_view::npos; tilde = text.find('~', tilde + 1)) {
    if (tilde + 1 == text.size() || (text[tilde + 1] != '0' && text[tilde + 1] != '1')) {
      return false;
    }
  }
  return true;
}

bool is_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration && *duration > Micros{0};
}

bool is_custom_attribute_pointer(std::string_view text) {
  if (!text.starts_with('/') || text.size() < 2) {
    return false;
  }
  text.remove_prefix(1);
  return text.front() >= 'a' && text.front() <= 'z' && (text.size() == 1 || is_lower_or_digit(text.back())) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '_'; });
}

bool is_certificate(std::string_view text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                     BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr),
                                                                X509_free);
  return certificate != nullptr;
}

bool is_cidr(std::string_view text) {
  boost::system::error_code v4;
  boost::system::error_code v6;
  boost::asio::ip::make_network_v4(std::string(text), v4);
  boost::asio::ip::make_network_v6(std::string(text), v6);
  return !v4 || !v6;
}

// RFC 4514: attribute=value, joined by "," and "+"; a backslash escapes.
bool is_distinguished_name(std::string_view text) {
  bool has_equals = false;
  bool has_attribute = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (c == '=' && !has_equals) {
      if (!has_attribute) {
        return false;
      }
      has_equals = true;
    } else if ((c == ',' || c == '+') && !std::exchange(has_equals, false)) {
      return false;
    } else if (c == ',' || c == '+') {
      has_attribute = false;
    } else if (c != ' ') {
      has_attribute = true;
    }
  }
  return has_equals;
}

// Whether every "{{" of a Go text template has its "}}".
bool is_text_template(std::string_view text) {
  while (true) {
    const auto open = text.find("{{");
    if (open == std::string_view::npos) {
      return !text.contains("}}");
    }
    const auto close = text.find("}}", open + 2);
    if (close == std::string_view::npos || text.substr(0, open).contains("}}") ||
        trimmed(text.substr(open + 2, close - open - 2)).empty()) {
      return false;
    }
    text.remove_prefix(close + 2);
  }
}

bool is_ldap_filter_template(std::string_view text) {
  if (!is_text_template(text)) {
    return false;
  }
  text = trimmed(text);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0) {
      return false;
    }
  }
  return depth == 0 && text.starts_with('(') && text.ends_with(')') && text.contains('=');
}

bool is_ldap_attribute(std::string_view text) {
  return !text.empty() && is_alpha(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
}

// <blockchain>:<address>@<chain>
bool is_web3_contract(std::string_view text) {
  static const RE2 pattern(R"(\w+:0x[0-9a-fA-F]+@\d+(\?.*)?)");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

bool is_web3_network(std::string_view text) {
  static const RE2 pattern(R"(\w+:0x0@\d+)");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

bool is_wechat_account(std::string_view text) { return text.starts_with("gh_"); }
bool is_tag_manager_container(std::string_view text) { return text.starts_with("GTM-"); }

bool is_colour(std::string_view text) {
  return (text.size() == 7 || text.size() == 4) && text.front() == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

constexpr std::array kFormats{
    Format{"uri", is_absolute_uri, "must be an absolute URI with a host, like https://app.example.com/callback"},
    Format{"http_origin", is_http_origin, "must be an origin and nothing more, like https://auth.example.com"},
    Format{"http_origin_spec", is_origin_matcher, "must be an origin, like https://app.example.com or *.example.com"},
    Format{"email", is_email_address, "must be an e-mail address"},
    Format{"email-name-addr", is_named_address, "must be an e-mail address, like Example <no-reply@example.com>"},
    Format{"bcp47", is_language_tag, "must be a language tag in its canonical form, like en or zh-Hant-HK"},
    Format{"date-time", is_date_time, "must be a time as in RFC 3339, like 2027-01-31T12:00:00Z"},
    Format{"json-pointer", is_json_pointer, "must be a JSON pointer, like /email"},
    Format{"x_duration_string", is_duration, "must be a duration above zero, like 30s or 1h30m"},
    Format{"x_hook_uri", is_hook_uri, "must be an http(s) URI or authgeardeno:///path"},
    Format{"x_custom_attribute_pointer", is_custom_attribute_pointer, "must be / and one name of a-z, 0-9 and _"},
    Format{"x_re2_regex", is_regular_expression, "must be a regular expression in RE2's syntax"},
    Format{"x_x509_certificate_pem", is_certificate, "must be one certificate in PEM"},
    Format{"x_public_https_url", is_public_https_url, "must be an https URL with a public host name"},
    Format{"x_cidr", is_cidr, "must be a network, like 192.0.2.0/24"},
    Format{"x_text_template", is_text_template, "must be a well-formed text template"},
    Format{"x_web3_contract_id", is_web3_contract, "must be a contract, like ethereum:0x0123@1"},
    Format{"x_web3_network_id", is_web3_network, "must be a network, like ethereum:0x0@1"},
    Format{"ldap_url", is_ldap_url, "must be scheme and host, like ldaps://ldap.example.com"},
    Format{"ldap_dn", is_distinguished_name, "must be a distinguished name, like dc=example,dc=com"},
    Format{"ldap_search_filter_template", is_ldap_filter_template,
           "must give an LDAP filter, like (uid={{.Username}})"},
    Format{"ldap_attribute_name", is_ldap_attribute, "must be an LDAP attribute's name"},
    Format{"wechat_account_id", is_wechat_account, "must start with gh_"},
    Format{"google_tag_manager_container_id", is_tag_manager_container, "must start with GTM-"},
    Format{"x_colour", is_colour, "must be a colour, like \"#0b5f5b\" (in quotes: # begins a comment)"},
};

}  // namespace

const Format* find_format(std::string_view name) {
  const auto* found = std::ranges::find(kFormats, name, &Format::name);
  return found == kFormats.end() ? nullptr : found;
}

bool is_absolute_uri(std::string_view text) {
  const auto url = urls::parse_uri({text.data(), text.size()});
  return url && !url->encoded_host().empty() && is_clean_path(of(url->encoded_path()));
}

bool is_http_origin(std::string_view text) { return is_origin(text, {"http", "https"}); }

bool is_language_tag(std::string_view text) {
  if (text.empty() || text.size() > 100) {
    return false;
  }
  UErrorCode status = U_ZERO_ERROR;
  const auto locale = icu::Locale::forLanguageTag({text.data(), static_cast<std::int32_t>(text.size())}, status);
  if (U_FAILURE(status) != 0) {
    return false;
  }
  const auto canonical = locale.toLanguageTag<std::string>(status);
  return U_SUCCESS(status) != 0 && canonical == text;
}

bool is_email_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('<') && text.ends_with('>')) {
    text = text.substr(1, text.size() - 2);
  }
  return is_addr_spec(text);
}

bool is_named_address(std::string_view text) {
  text = trimmed(text);
  const auto open = text.rfind('<');
  if (!text.ends_with('>') || open == std::string_view::npos) {
    return is_addr_spec(text);
  }
  return is_display_name(trimmed(text.substr(0, open))) && is_addr_spec(text.substr(open + 1, text.size() - open - 2));
}

bool is_regular_expression(std::string_view text) {
  RE2::Options quiet;
  quiet.set_log_errors(false);
  return RE2(re2::StringPiece(text.data(), text.size()), quiet).ok();
}

}  // namespace gatehouse::project
